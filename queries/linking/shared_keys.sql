-- grain: one row per key that holds a listed person together, or that is among the most shared
-- parameters: none
-- `person_id` is empty for a key that is listed because many accounts share it.
WITH texts AS (
    SELECT
        hash(i.key_kind, i.key_hash) AS key,
        any_value(i.key_hash) AS key_hash
    FROM identities AS i
    SEMI JOIN linking_keys AS k ON k.key = hash(i.key_kind, i.key_hash)
    GROUP BY ALL
),

persons AS (
    SELECT
        m.person,
        any_value(p.person_id) AS person_id
    FROM int_persons AS p
    INNER JOIN linking_members AS m ON m.account = hash(p.account_id)
    SEMI JOIN linking_keys AS k ON k.person = m.person
    GROUP BY ALL
)

SELECT
    p.person_id,
    k.key_kind,
    t.key_hash,
    k.accounts,
    k.capped
FROM linking_keys AS k
LEFT JOIN texts AS t USING (key)
LEFT JOIN persons AS p USING (person)
ORDER BY ALL
