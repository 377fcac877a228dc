-- grain: one row per account that is linked to another, or was taken out of a component too large
-- parameters: none
-- A person bears the smallest of its customer numbers, or of its accounts where none is a customer's. An account that
-- is not listed is a person of its own, and bears its own name.
WITH named AS (
    SELECT i.account_id, false AS is_customer FROM identities AS i
    UNION ALL
    SELECT h.account_id, false FROM links_by_hand AS h
    UNION ALL
    SELECT h.other_id, false FROM links_by_hand AS h
    UNION ALL
    SELECT p.account_id, false FROM linking_pairs AS p
    UNION ALL
    SELECT p.customer_id, true FROM linking_pairs AS p
),

accounts AS (
    SELECT
        hash(n.account_id) AS account,
        any_value(n.account_id) AS account_id,
        bool_or(n.is_customer) AS is_customer
    FROM named AS n
    SEMI JOIN linking_members AS m ON m.account = hash(n.account_id)
    GROUP BY ALL
),

persons AS (
    SELECT
        m.person,
        coalesce(min(a.account_id) FILTER (WHERE a.is_customer), min(a.account_id)) AS person_id
    FROM accounts AS a
    INNER JOIN linking_members AS m USING (account)
    GROUP BY ALL
)

SELECT
    a.account_id,
    p.person_id,
    m.component >= 0 AS was_split
FROM accounts AS a
INNER JOIN linking_members AS m USING (account)
INNER JOIN persons AS p USING (person)
