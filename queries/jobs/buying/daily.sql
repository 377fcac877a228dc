-- grain: one row per day up to $cutoff on which somebody bought
-- parameters: $cutoff
-- `acquired` customers bought for the first time that day, `repeats` are the purchases of the others.
SELECT
    p.day,
    count(*) FILTER (WHERE p.day = p.first_day) AS acquired,
    count(*) FILTER (WHERE p.day > p.first_day) AS repeats
FROM purchases AS p
WHERE p.is_purchase AND p.day <= $cutoff
GROUP BY ALL
ORDER BY ALL
