-- grain: one row per link or cut by hand
-- parameters: none
SELECT
    hash(h.account_id) AS account,
    hash(h.other_id) AS other,
    h.is_link
FROM links_by_hand AS h
