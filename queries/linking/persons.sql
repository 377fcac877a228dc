-- grain: one row per account that is linked to another, or was taken out of a component too large
-- parameters: none
-- A person bears the smallest of its customer numbers, or of its accounts where none is a customer's. An account that
-- is not listed is a person of its own, and bears its own name.
WITH named AS (
    SELECT hash(i.account_id) AS account, i.account_id, false AS is_customer FROM identities AS i
    UNION ALL
    SELECT hash(h.account_id), h.account_id, false FROM links_by_hand AS h
    UNION ALL
    SELECT hash(h.other_id), h.other_id, false FROM links_by_hand AS h
    UNION ALL
    SELECT hash(p.account_id), p.account_id, false FROM linking_pairs AS p
    UNION ALL
    SELECT hash(p.customer_id), p.customer_id, true FROM linking_pairs AS p
),

accounts AS (
    SELECT
        n.account,
        m.person,
        m.component,
        any_value(n.account_id) AS account_id,
        bool_or(n.is_customer) AS is_customer
    FROM named AS n
    INNER JOIN linking_members AS m USING (account)
    GROUP BY ALL
),

persons AS (
    SELECT
        a.person,
        coalesce(min(a.account_id) FILTER (WHERE a.is_customer), min(a.account_id)) AS person_id
    FROM accounts AS a
    GROUP BY ALL
)

SELECT
    a.account_id,
    p.person_id,
    a.component >= 0 AS was_split
FROM accounts AS a
INNER JOIN persons AS p USING (person)
