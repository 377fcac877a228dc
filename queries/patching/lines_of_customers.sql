-- grain: one row per line of sale or refund of a touched person
-- parameters: none
SELECT l.*
FROM int_sale_lines AS l
WHERE l.customer_id IN (SELECT t.customer_id FROM touched_customers AS t)
