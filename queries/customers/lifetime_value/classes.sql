-- grain: one row per class of predicted value that somebody is in, 0 to 10
-- parameters: $horizon_days, $width, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    greatest(least(floor(s.predicted_value / $width), 10), 0)::BIGINT AS band,
    count(*) AS customers,
    sum(s.predicted_value) AS predicted_value
FROM customer_scores AS s
WHERE
    s.predicted_value IS NOT NULL
    AND s.horizon_days = $horizon_days
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
GROUP BY ALL
ORDER BY ALL
