-- grain: one row per person touched now, with the number as a customer that it has or had
-- parameters: none
SELECT t.customer_id, coalesce(n.customer_key, o.customer_key) AS customer_key
FROM touched_customers AS t
LEFT JOIN int_customer_keys AS n ON n.customer_id = t.customer_id
LEFT JOIN before_first_purchases AS o ON o.customer_id = t.customer_id
