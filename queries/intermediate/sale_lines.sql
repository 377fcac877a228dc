-- grain: one row per line of sale or refund up to as-of
-- parameters: $as_of
-- patched by: order_id
-- The buyer is a person: whoever the account that ordered is linked to.
-- A refund belongs to its original order: it takes that order's number, day, buyer, channel and region.
-- Cancelled, staff, gift and exchange lines are left out, and so is what was sold in to dealers or moved.
-- Units that came back are negative. `lines` is read thrice rather than held in memory.
WITH lines AS NOT MATERIALIZED (
    SELECT
        l.order_id,
        l.ordered_at,
        l.account,
        coalesce(l.account_id, l.account) AS account_id,
        l.sku,
        l.channel,
        l.region,
        l.location,
        l.quantity,
        coalesce(p.category, l.category) AS category,
        l.net_amount AS revenue,
        l.net_amount - CAST(l.quantity AS DOUBLE) * coalesce(l.unit_cost, CAST(p.unit_cost AS DOUBLE)) AS margin,
        l.original_order_id,
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale
    FROM stg_order_lines AS l
    LEFT JOIN products AS p ON p.sku = l.sku
    WHERE coalesce(l.status, 'sale') IN ('sale', 'refund') AND l.day <= $as_of
),

originals AS (
    SELECT
        l.order_id,
        min(l.ordered_at) AS ordered_at,
        min(l.account) AS account,
        min(l.account_id) AS account_id,
        min(coalesce(l.channel, '(none)')) AS channel,
        min(coalesce(l.region, '(none)')) AS region,
        min(coalesce(l.location, '(none)')) AS location
    FROM lines AS l
    WHERE
        l.is_sale
        AND l.order_id IN (SELECT r.original_order_id FROM lines AS r WHERE NOT r.is_sale)
    GROUP BY l.order_id
)

SELECT
    coalesce(o.order_id, l.order_id) AS order_id,
    coalesce(o.ordered_at, l.ordered_at) AS ordered_at,
    CAST(coalesce(o.ordered_at, l.ordered_at) AS DATE) AS day,
    coalesce(w.person_id, o.account, l.account) AS customer_id,
    coalesce(o.account_id, l.account_id) AS account_id,
    l.sku,
    coalesce(o.channel, l.channel, '(none)') AS channel,
    coalesce(o.region, l.region, '(none)') AS region,
    coalesce(l.location, o.location, '(none)') AS location,
    coalesce(l.category, '(none)') AS category,
    l.quantity,
    l.revenue,
    l.margin,
    l.is_sale
FROM lines AS l
LEFT JOIN originals AS o ON o.order_id = CASE WHEN NOT l.is_sale THEN l.original_order_id END
LEFT JOIN int_persons AS w ON w.account_id = coalesce(o.account, l.account)
