-- grain: one row per customer's number and account that order lines name together only now or only before
-- parameters: none
(
    SELECT n.customer_id, n.account_id FROM linking_buyers AS n
    EXCEPT
    SELECT b.customer_id, b.account_id FROM before_linking_buyers AS b
)
UNION ALL
(
    SELECT b.customer_id, b.account_id FROM before_linking_buyers AS b
    EXCEPT
    SELECT n.customer_id, n.account_id FROM linking_buyers AS n
)
