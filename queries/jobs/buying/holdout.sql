-- grain: one row per distinct purchase history up to $cutoff and what came in the $days after it
-- parameters: $cutoff, $days, $one_in
-- `holdout` counts purchases in these days, `next_days` is how long the first of them was in coming. `log_times` sums the
-- logarithms of the inter-purchase times of all customers of the row. One of $one_in customers is looked at.
WITH histories AS (
    SELECT
        p.customer_key,
        count(*) FILTER (WHERE p.day <= $cutoff)::INTEGER - 1 AS frequency,
        date_diff('day', min(p.first_day), max(p.day) FILTER (WHERE p.day <= $cutoff))::INTEGER AS recency,
        date_diff('day', min(p.first_day), $cutoff)::INTEGER AS T,
        coalesce(
            sum(ln(p.day_age - p.previous_day_age)) FILTER (WHERE p.day <= $cutoff AND p.day > p.first_day), 0
        ) AS log_times,
        count(*) FILTER (WHERE p.day > $cutoff)::INTEGER AS holdout,
        date_diff('day', $cutoff, min(p.day) FILTER (WHERE p.day > $cutoff))::INTEGER AS next_days
    FROM purchases AS p
    WHERE
        p.is_purchase
        AND p.first_day <= $cutoff
        AND p.day <= $cutoff + to_days($days)
        AND hash(p.customer_key) % $one_in = 0
    GROUP BY ALL
)

SELECT
    frequency,
    recency,
    T,
    holdout,
    next_days,
    sum(log_times) AS log_times,
    count(*) AS customers
FROM histories
GROUP BY ALL
ORDER BY frequency, recency, T, holdout, next_days
