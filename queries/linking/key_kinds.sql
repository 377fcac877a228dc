-- grain: one row per kind of key
-- parameters: none
-- Links are what a kind would save alone: accounts that share a key, less one for each key.
SELECT
    i.key_kind,
    count(DISTINCT i.key_hash) AS keys,
    count(DISTINCT i.account_id) AS accounts,
    coalesce(any_value(s.shared_keys), 0)::BIGINT AS shared_keys,
    coalesce(any_value(s.links), 0)::BIGINT AS links,
    coalesce(any_value(s.capped_keys), 0)::BIGINT AS capped_keys,
    coalesce(any_value(s.capped_accounts), 0)::BIGINT AS capped_accounts
FROM identities AS i
LEFT JOIN linking_kinds AS s ON s.key_kind = i.key_kind
GROUP BY ALL
ORDER BY i.key_kind
