-- grain: one row per distinct purchase history (frequency, recency, T), as seen on $cutoff
-- parameters: $cutoff
-- Times are in days. `log_times` sums the logarithms of the inter-purchase times of all customers of the row.
WITH histories AS (
    SELECT
        p.customer_key,
        count(*)::INTEGER - 1 AS frequency,
        max(p.day_age)::INTEGER AS recency,
        date_diff('day', min(p.first_day), $cutoff)::INTEGER AS T,
        coalesce(sum(ln(p.day_age - p.previous_day_age)) FILTER (WHERE p.day > p.first_day), 0) AS log_times
    FROM purchases AS p
    WHERE p.is_purchase AND p.day <= $cutoff
    GROUP BY ALL
)

SELECT
    frequency,
    recency,
    T,
    sum(log_times) AS log_times,
    count(*) AS customers
FROM histories
GROUP BY ALL
ORDER BY frequency, recency, T
