-- grain: one row per tenth of the scale of risk that somebody is in
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    least(floor(s.p_no_purchase * 10), 9)::BIGINT AS band,
    count(*) AS customers,
    sum(s.value_at_stake) AS value_at_stake
FROM customer_scores AS s
WHERE
    s.horizon_days = $horizon_days
    AND s.p_no_purchase IS NOT NULL
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
GROUP BY ALL
ORDER BY ALL
