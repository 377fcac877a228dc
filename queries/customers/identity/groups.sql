-- grain: one row per person with several accounts, the 200 with most
-- parameters: none
-- `held_by`: the strong keys that its accounts share, each with the accounts that do.
WITH held AS (
    SELECT
        person_id,
        string_agg(key_kind || ' ×' || accounts::VARCHAR, ', ' ORDER BY accounts DESC, key_kind, key_hash) AS held_by
    FROM identity_keys AS k
    WHERE person_id IS NOT NULL AND NOT capped AND key_kind IN ('customer', 'member', 'email', 'phone')
    GROUP BY ALL
)

SELECT
    g.*,
    coalesce(h.held_by, '') AS held_by
FROM identity_groups AS g
LEFT JOIN held AS h USING (person_id)
ORDER BY g.accounts DESC, g.revenue DESC, g.person_id
