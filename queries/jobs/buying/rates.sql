-- grain: one row per band of frequency and band of inactivity, as seen $days before $as_of
-- parameters: $as_of, $days
-- What customers like these did in the $days that followed: how many bought, and how often. Both bands are capped: 4
-- stands for four repeat purchases and more, 5 for more than a year of inactivity.
WITH histories AS (
    SELECT
        p.customer_key,
        count(*) FILTER (WHERE date_diff('day', p.day, $as_of) >= $days) - 1 AS frequency,
        date_diff(
            'day', max(p.day) FILTER (WHERE date_diff('day', p.day, $as_of) >= $days), $as_of
        ) - $days AS inactivity_days,
        count(*) FILTER (WHERE date_diff('day', p.day, $as_of) < $days) AS bought
    FROM purchases AS p
    WHERE p.is_purchase AND p.day <= $as_of AND date_diff('day', p.first_day, $as_of) >= $days
    GROUP BY ALL
)

SELECT
    least(frequency, 4)::INTEGER AS frequency_band,
    CASE
        WHEN inactivity_days <= 30 THEN 1
        WHEN inactivity_days <= 90 THEN 2
        WHEN inactivity_days <= 180 THEN 3
        WHEN inactivity_days <= 365 THEN 4
        ELSE 5
    END AS inactivity_band,
    count(*) AS customers,
    count(*) FILTER (WHERE bought > 0) AS buyers,
    sum(bought)::BIGINT AS purchases
FROM histories
GROUP BY ALL
ORDER BY ALL
