-- grain: one row per account and key that says who it is
-- parameters: $kinds, $most_customers
-- Accounts and keys are coded as whole numbers of 64 bits; `kind` is the place in $kinds. A customer's number links the
-- accounts that order lines name beside it. An account that more than $most_customers customers order with is the
-- shop's own, and no person's.
WITH buyers AS (
    SELECT l.customer_id, l.account_id
    FROM order_lines AS l
    WHERE l.customer_id <> l.account_id
    GROUP BY ALL
),

own AS (
    SELECT b.customer_id, b.account_id
    FROM buyers AS b
    QUALIFY count(*) OVER (PARTITION BY b.account_id) <= $most_customers
)

SELECT
    hash(i.account_id) AS account,
    (list_position($kinds, i.key_kind) - 1)::UTINYINT AS kind,
    hash(i.key_kind, i.key_hash) AS key
FROM identities AS i
UNION ALL
SELECT hash(o.account_id), 0::UTINYINT, hash('customer', o.customer_id) FROM own AS o
UNION ALL
SELECT hash(o.customer_id), 0::UTINYINT, hash('customer', o.customer_id) FROM (SELECT DISTINCT customer_id FROM own) AS o
