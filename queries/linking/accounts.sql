-- grain: one row per account that a table of the merchant names
-- parameters: none
-- An order's account is what it calls its buyer: the customer's number where there is one, else the channel account.
-- A customer's number is an account too. `orders_as` says whether order lines name it.
WITH buyers AS (
    SELECT l.customer_id, l.account_id
    FROM order_lines AS l
    WHERE l.customer_id IS NOT NULL OR l.account_id IS NOT NULL
    GROUP BY ALL
),

named AS (
    SELECT b.customer_id AS account_id, true AS is_customer FROM buyers AS b WHERE b.customer_id IS NOT NULL
    UNION ALL
    SELECT b.account_id, false FROM buyers AS b WHERE b.account_id IS NOT NULL
    UNION ALL
    SELECT i.account_id, false FROM identities AS i
    UNION ALL
    SELECT c.customer_id, false FROM customers AS c
    UNION ALL
    SELECT c.customer_id, false FROM contacts AS c
)

SELECT
    n.account_id,
    hash(n.account_id) AS code,
    bool_or(n.is_customer) AS is_customer
FROM named AS n
GROUP BY ALL
