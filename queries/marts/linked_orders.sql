-- grain: one row per customer with several accounts, channel and month with an order
-- parameters: none
-- after: accounts, first_purchases, purchase_parts
-- scope: none
-- patched by: customer_key
-- An order counts once, in the channel and month of its first sale line.
WITH linked AS (
    SELECT DISTINCT f.customer_key
    FROM first_purchases AS f
    INNER JOIN accounts AS a ON a.person_id = f.customer_id
    WHERE a.person_accounts > 1
),

orders AS (
    SELECT
        p.customer_key,
        p.order_id,
        min(p.channel) AS channel,
        min(p.day) AS day
    FROM purchase_parts AS p
    WHERE p.is_purchase AND p.customer_key IN (SELECT k.customer_key FROM linked AS k)
    GROUP BY p.customer_key, p.order_id
)

SELECT
    o.customer_key,
    o.channel,
    CAST(date_trunc('month', o.day) AS DATE) AS month,
    CAST(count(*) AS BIGINT) AS orders
FROM orders AS o
GROUP BY o.customer_key, o.channel, CAST(date_trunc('month', o.day) AS DATE)
ORDER BY customer_key, channel, month
