-- grain: one row per cohort, number of closed windows and age
-- parameters: $period, $week_offset, $windows, $window_days, $measure, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus,
--   $acquired_skus_all
-- Every purchase counts. A row is the first of its age when the purchase before it had another age, so customers are
-- counted without a count(distinct). `amount` is that of $measure, none for customers; only its column is read.
WITH aged AS (
    SELECT
        cohort($period, $week_offset, p.first_day, p.cohort_month, p.cohort_quarter) AS cohort,
        CASE WHEN $windows = 'rolling' THEN (p.observed_days + 1) // $window_days ELSE 0 END AS closed,
        CASE
            WHEN $windows = 'rolling' THEN p.day_age // $window_days
            ELSE calendar_age($period, $week_offset, p.first_day, p.day_age, p.month_age, p.quarter_age)
        END AS age,
        CASE
            WHEN $windows = 'rolling' THEN p.previous_day_age // $window_days
            ELSE calendar_age(
                $period, $week_offset, p.first_day, p.previous_day_age, p.previous_month_age, p.previous_quarter_age
            )
        END AS previous_age,
        p.is_purchase,
        p.is_last,
        CASE $measure WHEN 'orders' THEN p.orders WHEN 'revenue' THEN p.revenue WHEN 'margin' THEN p.margin END AS amount
    FROM purchases AS p
    WHERE
        acquired(
            p.first_day, p.first_channel, p.first_region, p.first_category, p.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
)

SELECT
    cohort,
    closed::INTEGER AS closed,
    age::INTEGER AS age,
    count(*) FILTER (WHERE is_purchase AND previous_age IS DISTINCT FROM age) AS active,
    count(*) FILTER (WHERE is_purchase AND age > 0 AND previous_age = 0) AS returned,
    count(*) FILTER (WHERE is_last) AS last_seen,
    sum(amount)::DOUBLE AS amount
FROM aged
GROUP BY ALL
ORDER BY ALL
