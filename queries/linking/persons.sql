-- grain: one row per account
-- parameters: none
-- A person bears the smallest of its customer numbers, or of its accounts where none is a customer's.
WITH linked AS (
    SELECT
        a.account_id,
        a.is_customer,
        m.person
    FROM linking_accounts AS a
    INNER JOIN linking_members AS m ON m.account = a.code
),

persons AS (
    SELECT
        l.person,
        coalesce(min(l.account_id) FILTER (WHERE l.is_customer), min(l.account_id)) AS person_id
    FROM linked AS l
    GROUP BY ALL
)

SELECT
    a.account_id,
    coalesce(p.person_id, a.account_id) AS person_id,
    m.component
FROM linking_accounts AS a
LEFT JOIN linking_members AS m ON m.account = a.code
LEFT JOIN persons AS p ON p.person = m.person
