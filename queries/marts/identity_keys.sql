-- grain: one row per key that holds one of the largest persons together, or that is among the most shared
-- parameters: none
-- scope: none
-- `person_id` is empty where the key is listed because many accounts share it.
SELECT
    k.person_id,
    k.key_kind,
    k.key_hash,
    k.accounts,
    k.capped
FROM int_shared_keys AS k
ORDER BY k.person_id, k.accounts DESC, k.key_kind, k.key_hash
