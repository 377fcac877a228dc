-- grain: one row per number of repeat purchases ($most_frequent and more are one) and months of 30 days of inactivity
-- parameters: $horizon_days, $most_frequent, $most_inactive_months, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    least(s.frequency, $most_frequent)::INTEGER AS frequency,
    least((s.T - s.recency) // 30, $most_inactive_months)::INTEGER AS inactive_months,
    count(*) AS customers,
    avg(s.p_alive) AS p_alive,
    avg(s.predicted_value) AS predicted_value
FROM customer_scores AS s
WHERE
    s.horizon_days = $horizon_days
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
GROUP BY ALL
ORDER BY ALL
