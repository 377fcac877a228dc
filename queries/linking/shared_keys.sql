-- grain: one row per key that holds a listed group together, or that is among the most shared
-- parameters: none
-- `person_id` is empty for a key that no listed group has: it is listed because many accounts share it.
SELECT
    p.person_id,
    i.key_kind,
    i.key_hash,
    k.accounts,
    k.capped
FROM linking_keys AS k
INNER JOIN (
    SELECT DISTINCT key_kind, key_hash, hash(key_hash) AS code FROM identities
    WHERE hash(key_hash) IN (SELECT key FROM linking_keys)
) AS i ON i.code = k.key AND i.key_kind = k.key_kind
LEFT JOIN (
    SELECT DISTINCT m.person, p.person_id
    FROM int_persons AS p
    INNER JOIN linking_members AS m ON m.account = hash(p.account_id)
) AS p ON p.person = k.person
ORDER BY ALL
