-- grain: one row per kind of key
-- parameters: none
-- scope: none
-- `links`: accounts that keys of this kind would save alone. Capped keys are shared by too many to be one person's.
SELECT
    k.key_kind,
    k.accounts,
    k.keys,
    k.shared_keys,
    k.links,
    k.capped_keys,
    k.capped_accounts
FROM int_key_kinds AS k
ORDER BY k.key_kind
