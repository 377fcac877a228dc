-- grain: one row per cohort and number of closed windows
-- parameters: $period, $week_offset, $windows, $window_days, $as_of, $cohort_from, $cohort_to, $acquired_channels,
--   $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all,
--   $acquired_skus, $acquired_skus_all
-- `closed` is the number of rolling windows that the customer has behind them at $as_of; 0 for calendar periods, whose
-- closing depends on the cohort alone.
WITH customers AS (
    SELECT
        cohort($period, $week_offset, f.first_day, f.cohort_month, f.cohort_quarter) AS cohort,
        CASE
            WHEN $windows = 'rolling' THEN (date_diff('day', f.first_day, $as_of) + 1) // $window_days
            ELSE 0
        END AS closed
    FROM first_purchases AS f
    WHERE
        f.first_day <= $as_of
        AND acquired(
            f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
)

SELECT
    cohort,
    closed::INTEGER AS closed,
    count(*) AS customers
FROM customers
GROUP BY ALL
ORDER BY ALL
