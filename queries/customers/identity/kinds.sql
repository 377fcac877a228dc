-- grain: one row per kind of key
-- parameters: none
SELECT *
FROM identity_kinds
ORDER BY links DESC, key_kind
