-- grain: one row per account of the person that has the id, or an account of that name
-- parameters: $id
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
    a.person_id = $id
    OR a.person_id IN (SELECT b.person_id FROM accounts AS b WHERE b.account_id = $id)
ORDER BY a.first_day, a.account_id
