-- grain: one row per day on which a customer of the calibration period bought
-- parameters: $calibration_end, $as_of
SELECT
    p.day,
    count(*) FILTER (WHERE p.day = p.first_day) AS acquired,
    count(*) FILTER (WHERE p.day > p.first_day) AS repeats
FROM purchases AS p
WHERE p.is_purchase AND p.first_day <= $calibration_end AND p.day <= $as_of
GROUP BY ALL
ORDER BY ALL
