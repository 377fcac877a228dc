-- grain: one row for the whole shop
-- parameters: none
-- An order is sold by a line with units and a price above 0. It is identified where any of its lines names an account, or
-- where all its refunds name the same.
WITH lines AS (
    SELECT
        l.order_id,
        coalesce(l.customer_id, l.account_id) AS account,
        CASE WHEN coalesce(l.status, 'sale') IN ('sale', 'refund') THEN l.original_order_id END AS original_order_id,
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale
    FROM order_lines AS l
),

refunded AS (
    SELECT l.original_order_id AS order_id
    FROM lines AS l
    WHERE l.original_order_id IS NOT NULL AND NOT l.is_sale
    GROUP BY l.original_order_id
    HAVING min(l.account) = max(l.account)
),

orders AS (
    SELECT
        l.order_id,
        count(l.account) > 0 OR l.order_id IN (SELECT r.order_id FROM refunded AS r) AS identified
    FROM lines AS l
    GROUP BY l.order_id
    HAVING bool_or(l.is_sale)
)

SELECT
    CAST(count(*) AS BIGINT) AS sold_orders,
    CAST(count(*) FILTER (WHERE o.identified) AS BIGINT) AS identified_orders
FROM orders AS o
