-- grain: one row per day with orders whose buyer is not known
-- parameters: $as_of
SELECT
    u.day,
    u.orders
FROM unidentified_days AS u
WHERE u.day <= $as_of
ORDER BY u.day
