-- grain: one row per customer's number and account that order lines name together
-- parameters: none
SELECT
    l.customer_id,
    l.account_id,
    count(*)::BIGINT AS lines
FROM order_lines AS l
WHERE l.customer_id <> l.account_id
GROUP BY ALL
