-- grain: one row per day on which a known customer bought for the first time ever
-- parameters: $cohort_from, $cohort_to
SELECT
    f.first_day AS day,
    count(*)::BIGINT AS new_customers
FROM first_purchases AS f
WHERE f.first_day BETWEEN $cohort_from::DATE AND $cohort_to::DATE
GROUP BY ALL
ORDER BY f.first_day
