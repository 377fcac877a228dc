-- grain: one row per line of sale or refund up to as-of
-- parameters: $as_of
-- patched by: order_id
-- The buyer is a person: whoever the account that ordered is linked to. An order has one buyer, whom any of its lines
-- names, or else all refunds of it, and one day, `order_day`, that of its first sale line; `day` is the line's own.
-- A refund belongs to its original order, its own number where it names none: it takes that order's number, day, buyer,
-- channel and region. A refund of an order that brought nothing (cancelled, staff, gift, sell-in) takes nothing away.
-- Cancelled, staff, gift and exchange lines are left out, and so is what was sold in to dealers or moved.
-- Units that came back are negative. `lines` is read several times rather than held in memory.
WITH lines AS NOT MATERIALIZED (
    SELECT
        l.order_id,
        l.ordered_at,
        l.day,
        l.account,
        l.customer_id,
        l.account_id,
        l.sku,
        l.channel,
        l.region,
        l.location,
        l.quantity,
        l.category,
        l.net_amount,
        l.unit_cost,
        l.original_order_id,
        coalesce(l.status, 'sale') AS status,
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale
    FROM stg_order_lines AS l
    WHERE l.day <= $as_of
),

refunded AS (
    SELECT
        l.original_order_id AS order_id,
        CASE WHEN min(l.account) = max(l.account) THEN min(l.account) END AS account,
        CASE WHEN min(l.account) = max(l.account) THEN min(coalesce(l.account_id, l.account)) END AS account_id
    FROM lines AS l
    WHERE l.status IN ('sale', 'refund') AND NOT l.is_sale AND l.original_order_id IS NOT NULL
    GROUP BY l.original_order_id
),

-- Most orders' lines say all of their order themselves: those are left out here, so that few are joined to the lines.
mixed AS (
    SELECT
        l.order_id,
        min(l.ordered_at) FILTER (WHERE l.is_sale) AS ordered_at,
        min(l.customer_id) AS customer_id,
        min(l.account_id) AS account_id,
        min(l.channel) FILTER (WHERE l.is_sale) AS channel,
        min(l.region) FILTER (WHERE l.is_sale) AS region,
        min(l.location) FILTER (WHERE l.is_sale) AS location,
        bool_and(l.status IN ('refund', 'cancelled', 'staff', 'gift', 'sell_in', 'transfer'))
        AND bool_or(l.status <> 'refund') AS is_void
    FROM lines AS l
    GROUP BY l.order_id
    HAVING
        bool_or(NOT l.is_sale)
        OR min(l.day) < max(l.day)
        OR (count(l.channel) > 0 AND count(l.channel) < count(*))
        OR (count(l.account) > 0 AND count(l.account) < count(*))
        OR min(l.account) < max(l.account)
        OR min(coalesce(l.account_id, l.account)) < max(coalesce(l.account_id, l.account))
        OR l.order_id IN (SELECT r.order_id FROM refunded AS r)
),

orders AS (
    SELECT
        m.order_id,
        m.ordered_at,
        coalesce(m.customer_id, CASE WHEN m.account_id IS NULL THEN r.account END) AS customer_id,
        coalesce(m.account_id, m.customer_id, r.account_id) AS account_id,
        m.channel,
        m.region,
        m.location,
        m.is_void
    FROM mixed AS m
    LEFT JOIN refunded AS r ON r.order_id = m.order_id
),

owned AS (
    SELECT
        l.order_id AS own_order_id,
        o.order_id AS original_order_id,
        CASE
            WHEN o.order_id IS NOT NULL THEN coalesce(o.customer_id, o.account_id)
            ELSE coalesce(l.customer_id, own.customer_id, l.account_id, own.account_id)
        END AS account,
        CASE
            WHEN o.order_id IS NOT NULL THEN o.account_id
            ELSE coalesce(l.account_id, own.account_id, l.account)
        END AS account_id,
        coalesce(o.ordered_at, l.ordered_at) AS ordered_at,
        coalesce(o.ordered_at, own.ordered_at, l.ordered_at) AS ordered_first,
        coalesce(o.channel, l.channel, own.channel, '(none)') AS channel,
        coalesce(CASE WHEN o.order_id IS NOT NULL THEN o.region ELSE l.region END, '(none)') AS region,
        coalesce(l.location, o.location, '(none)') AS location,
        l.sku,
        l.category,
        l.quantity,
        l.net_amount,
        l.unit_cost,
        l.is_sale
    FROM lines AS l
    LEFT JOIN orders AS own ON own.order_id = l.order_id AND own.ordered_at IS NOT NULL
    LEFT JOIN orders AS o
        ON
            o.order_id = CASE WHEN NOT l.is_sale THEN coalesce(l.original_order_id, l.order_id) END
            AND (o.ordered_at IS NOT NULL OR o.is_void)
    WHERE l.status IN ('sale', 'refund') AND NOT coalesce(o.is_void, FALSE)
)

SELECT
    coalesce(l.original_order_id, l.own_order_id) AS order_id,
    l.ordered_at,
    CAST(l.ordered_at AS DATE) AS day,
    CAST(l.ordered_first AS DATE) AS order_day,
    coalesce(w.person_id, l.account) AS customer_id,
    l.account_id,
    l.sku,
    l.channel,
    l.region,
    l.location,
    coalesce(p.category, l.category, '(none)') AS category,
    l.quantity,
    l.net_amount AS revenue,
    l.net_amount - CAST(l.quantity AS DOUBLE) * coalesce(l.unit_cost, CAST(p.unit_cost AS DOUBLE)) AS margin,
    l.is_sale
FROM owned AS l
LEFT JOIN products AS p ON p.sku = l.sku
LEFT JOIN int_persons AS w ON w.account_id = l.account
