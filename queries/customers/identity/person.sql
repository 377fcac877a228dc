-- grain: one row per account of the persons that have one of the ids, or an account of that name
-- parameters: $ids
SELECT
    a.person_id,
    a.account_id,
    a.channel,
    a.is_guest,
    a.first_day,
    a.last_day,
    a.orders,
    a.revenue
FROM accounts AS a
WHERE
    a.person_id = ANY($ids)
    OR a.person_id IN (SELECT b.person_id FROM accounts AS b WHERE b.account_id = ANY($ids))
ORDER BY a.first_day, a.account_id
