-- grain: one row per person touched now or since the files that a patch stands beside, and number as a customer
-- parameters: none
SELECT t.customer_id, coalesce(n.customer_key, o.customer_key) AS customer_key
FROM touched_customers AS t
LEFT JOIN int_customer_keys AS n ON n.customer_id = t.customer_id
LEFT JOIN before_first_purchases AS o ON o.customer_id = t.customer_id
UNION
SELECT b.customer_id, b.customer_key FROM before_touched_customers AS b
