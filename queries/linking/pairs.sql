-- grain: one row per customer's number and account that order lines name together
-- parameters: $most_customers
-- An account that more than $most_customers customers order with is the shop's own, and no person's.
SELECT b.customer_id, b.account_id
FROM linking_buyers AS b
QUALIFY count(*) OVER (PARTITION BY b.account_id) <= $most_customers
