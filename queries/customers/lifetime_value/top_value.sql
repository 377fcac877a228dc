-- grain: one row: the 95th percentile of predicted values of the chosen customers; none where nobody is
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT quantile_cont(s.predicted_value, 0.95) AS predicted_value
FROM customer_scores AS s
WHERE
    s.horizon_days = $horizon_days
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
HAVING count(*) > 0
