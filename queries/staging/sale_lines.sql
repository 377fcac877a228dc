-- grain: one row per line of sale or refund up to as-of
-- parameters: $as_of
-- A refund belongs to its original order: it takes that order's number, day, buyer, channel and region.
-- Cancelled, staff, gift and exchange lines are left out, and so is what was sold in to dealers or moved.
-- Units that came back are negative.
WITH lines AS (
    SELECT
        l.order_id AS order_id,
        l.ordered_at AS ordered_at,
        l.customer_id AS customer_id,
        l.sku AS sku,
        l.channel AS channel,
        l.ship_to_region AS region,
        l.ship_from_location AS location,
        l.quantity AS quantity,
        coalesce(p.category, l.category) AS category,
        CAST(l.net_amount AS DOUBLE) AS revenue,
        CAST(l.net_amount AS DOUBLE)
        - CAST(l.quantity AS DOUBLE) * CAST(coalesce(l.unit_cost, p.unit_cost) AS DOUBLE) AS margin,
        l.original_order_id AS original_order_id,
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale
    FROM order_lines AS l
    LEFT JOIN products AS p ON p.sku = l.sku
    WHERE coalesce(l.status, 'sale') IN ('sale', 'refund') AND CAST(l.ordered_at AS DATE) <= $as_of
),

originals AS (
    SELECT
        l.order_id AS order_id,
        min(l.ordered_at) AS ordered_at,
        min(l.customer_id) AS customer_id,
        min(coalesce(l.channel, '(none)')) AS channel,
        min(coalesce(l.ship_to_region, '(none)')) AS region,
        min(coalesce(l.ship_from_location, '(none)')) AS location
    FROM order_lines AS l
    WHERE
        l.order_id IN (SELECT r.original_order_id FROM order_lines AS r WHERE r.original_order_id IS NOT NULL)
        AND coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0
        AND CAST(l.ordered_at AS DATE) <= $as_of
    GROUP BY l.order_id
)

SELECT
    coalesce(o.order_id, l.order_id) AS order_id,
    coalesce(o.ordered_at, l.ordered_at) AS ordered_at,
    CAST(coalesce(o.ordered_at, l.ordered_at) AS DATE) AS day,
    coalesce(o.customer_id, l.customer_id) AS customer_id,
    l.sku AS sku,
    coalesce(o.channel, l.channel, '(none)') AS channel,
    coalesce(o.region, l.region, '(none)') AS region,
    coalesce(l.location, o.location, '(none)') AS location,
    coalesce(l.category, '(none)') AS category,
    l.quantity AS quantity,
    l.revenue AS revenue,
    l.margin AS margin,
    l.is_sale AS is_sale
FROM lines AS l
LEFT JOIN originals AS o ON o.order_id = CASE WHEN NOT l.is_sale THEN l.original_order_id END
