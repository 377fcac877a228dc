-- grain: one row per customer's number and account that order lines name together
-- parameters: $most_customers
-- An account that more than $most_customers customers order with is the shop's own, and no person's.
WITH buyers AS (
    SELECT l.customer_id, l.account_id
    FROM order_lines AS l
    WHERE l.customer_id <> l.account_id
    GROUP BY ALL
)

SELECT b.customer_id, b.account_id
FROM buyers AS b
QUALIFY count(*) OVER (PARTITION BY b.account_id) <= $most_customers
