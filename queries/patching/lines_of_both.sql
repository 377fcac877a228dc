-- grain: one row per line of sale or refund of a touched person, or of an order of a touched day, its lines of other days too
-- parameters: none
WITH orders AS (
    SELECT DISTINCT l.order_id FROM int_sale_lines AS l WHERE l.day IN (SELECT t.day FROM touched_days AS t)
)

SELECT
    l.*,
    coalesce(l.customer_id IN (SELECT t.customer_id FROM touched_customers AS t), FALSE) AS of_customer,
    l.order_id IN (SELECT o.order_id FROM orders AS o) AS of_day
FROM int_sale_lines AS l
WHERE
    l.customer_id IN (SELECT t.customer_id FROM touched_customers AS t)
    OR l.order_id IN (SELECT o.order_id FROM orders AS o)
