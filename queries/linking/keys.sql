-- grain: one row per account and key that says who it is
-- parameters: $kinds
-- Accounts and keys are coded as whole numbers of 64 bits; `kind` is the place in $kinds. A customer's number links the
-- accounts that order lines name beside it.
SELECT
    hash(i.account_id) AS account,
    (list_position($kinds, i.key_kind) - 1)::UTINYINT AS kind,
    hash(i.key_kind, i.key_hash) AS key
FROM identities AS i
UNION ALL
SELECT hash(p.account_id), 0::UTINYINT, hash('customer', p.customer_id) FROM linking_pairs AS p
UNION ALL
SELECT hash(p.customer_id), 0::UTINYINT, hash('customer', p.customer_id)
FROM (SELECT DISTINCT customer_id FROM linking_pairs) AS p
