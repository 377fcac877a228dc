-- grain: one row per kind of key
-- parameters: none
SELECT i.*
FROM identity_kinds AS i
ORDER BY links DESC, key_kind
