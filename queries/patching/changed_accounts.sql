-- grain: one row per account whose person is another one than before, or that was split off only then or only now
-- parameters: none
SELECT
    coalesce(n.account_id, b.account_id) AS account_id,
    coalesce(b.person_id, n.account_id) AS person_before,
    coalesce(n.person_id, b.account_id) AS person_id
FROM int_persons AS n
FULL JOIN before_persons AS b ON b.account_id = n.account_id
WHERE
    coalesce(n.person_id, b.account_id) <> coalesce(b.person_id, n.account_id)
    OR coalesce(n.was_split, FALSE) <> coalesce(b.was_split, FALSE)
