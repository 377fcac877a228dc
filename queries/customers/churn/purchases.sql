-- grain: one row per purchase of one customer
-- parameters: $customer_id, $as_of
SELECT
    p.day,
    p.orders,
    p.revenue,
    p.margin
FROM purchases AS p
SEMI JOIN customer_history AS h ON h.customer_key = p.customer_key AND h.customer_id = $customer_id
WHERE p.is_purchase AND p.day <= $as_of
ORDER BY p.day
