-- grain: one row per window of days in which a known customer bought
-- parameters: $as_of, $weeks, $first_day, $last_day, $base_first_day, $base_last_day
-- Windows: `now`, `base`, and the last `weeks` times seven days up to as-of, `0` the newest. New is who bought for the
-- first time ever in the window, whatever was bought after that; returning is who had bought before it.
WITH windows AS (
    SELECT 'now' AS span, $first_day::DATE AS starts_on, $last_day::DATE AS ends_on
    UNION ALL
    SELECT 'base' AS span, $base_first_day::DATE AS starts_on, $base_last_day::DATE AS ends_on
    UNION ALL
    SELECT
        g.week::VARCHAR AS span,
        $as_of::DATE - (7 * g.week + 6)::INTEGER AS starts_on,
        $as_of::DATE - (7 * g.week)::INTEGER AS ends_on
    FROM generate_series(0, $weeks::BIGINT - 1) AS g (week)
)

SELECT
    w.span,
    count(DISTINCT p.customer_key) FILTER (WHERE p.first_day >= w.starts_on)::BIGINT AS new_customers,
    count(DISTINCT p.customer_key) FILTER (WHERE p.first_day < w.starts_on)::BIGINT AS returning_customers
FROM windows AS w
INNER JOIN purchases AS p ON p.day BETWEEN w.starts_on AND w.ends_on
WHERE p.is_purchase
GROUP BY ALL
ORDER BY w.span
