-- grain: one row per cohort, number of closed windows and age, up to three times (active, returned, last seen)
-- parameters: $period, $week_offset, $windows, $window_days, $measure, $method, $as_of, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all, $bought_channels, $bought_channels_all,
--   $bought_regions, $bought_regions_all, $bought_categories, $bought_categories_all
-- Only the chosen purchases up to $as_of count. $measure and $method are constants when the query is planned, so the
-- branches that nobody asked for cost nothing.
WITH aged AS (
    SELECT
        p.customer_key,
        cohort($period, $week_offset, p.first_day, p.cohort_month, p.cohort_quarter) AS cohort,
        CASE
            WHEN $windows = 'rolling' THEN (date_diff('day', p.first_day, $as_of) + 1) // $window_days
            ELSE 0
        END::INTEGER AS closed,
        CASE
            WHEN $windows = 'rolling' THEN p.day_age // $window_days
            ELSE calendar_age($period, $week_offset, p.first_day, p.day_age, p.month_age, p.quarter_age)
        END::INTEGER AS age,
        p.is_purchase,
        p.order_id,
        p.revenue,
        p.margin
    FROM purchase_parts AS p
    WHERE
        p.day <= $as_of
        AND acquired(
            p.first_day, p.first_channel, p.first_region, p.first_category, p.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
        AND chosen(p.channel, $bought_channels, $bought_channels_all)
        AND chosen(p.region, $bought_regions, $bought_regions_all)
        AND chosen(p.category, $bought_categories, $bought_categories_all)
),

active AS (
    SELECT DISTINCT customer_key, cohort, closed, age
    FROM aged
    WHERE $measure = 'customers' AND $method = 'exact' AND is_purchase
),

extremes AS (
    SELECT
        customer_key,
        cohort,
        closed,
        max(age) AS last_age,
        min(age) FILTER (WHERE age > 0) AS return_age
    FROM aged
    WHERE $measure = 'customers' AND $method <> 'exact' AND is_purchase
    GROUP BY ALL
)

SELECT cohort, closed, age, count(*) AS active, 0 AS returned, 0 AS last_seen, 0.0::DOUBLE AS amount
FROM active
GROUP BY ALL
UNION ALL
SELECT cohort, closed, return_age, 0, count(*), 0, 0.0
FROM extremes
WHERE $method = 'cumulative' AND return_age IS NOT NULL
GROUP BY ALL
UNION ALL
SELECT cohort, closed, last_age, 0, 0, count(*), 0.0
FROM extremes
WHERE $method = 'unbounded'
GROUP BY ALL
UNION ALL
SELECT cohort, closed, age, 0, 0, 0, count(DISTINCT order_id) FILTER (WHERE is_purchase)::DOUBLE
FROM aged
WHERE $measure = 'orders'
GROUP BY ALL
UNION ALL
SELECT cohort, closed, age, 0, 0, 0, sum(CASE $measure WHEN 'revenue' THEN revenue ELSE margin END)
FROM aged
WHERE $measure IN ('revenue', 'margin')
GROUP BY ALL
ORDER BY ALL
