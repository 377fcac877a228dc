-- grain: one row per key that most accounts share
-- parameters: none
SELECT
    key_kind,
    key_hash,
    accounts,
    capped
FROM identity_keys AS k
WHERE person_id IS NULL
ORDER BY accounts DESC, key_kind, key_hash
