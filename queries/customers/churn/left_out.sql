-- grain: one row per reason why chosen customers are not on the rescue list
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    s.left_out,
    count(*) AS customers
FROM customer_scores AS s
WHERE
    s.horizon_days = $horizon_days
    AND s.left_out IS NOT NULL
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
GROUP BY ALL
ORDER BY ALL
