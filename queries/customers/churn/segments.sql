-- grain: one row per kind of segment and segment
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    CASE
        WHEN grouping(s.stage) = 0 THEN 'stage'
        WHEN grouping(s.first_channel) = 0 THEN 'channel'
        WHEN grouping(s.first_region) = 0 THEN 'region'
        WHEN grouping(s.first_category) = 0 THEN 'category'
        ELSE 'last_channel'
    END AS segment_kind,
    coalesce(s.stage, s.first_channel, s.first_region, s.first_category, s.last_channel, '(none)') AS segment,
    count(*) AS customers,
    avg(s.p_no_purchase) AS risk,
    coalesce(sum(s.p_no_purchase), 0) AS expected_lost,
    coalesce(sum(s.value_at_stake), 0) AS value_at_stake
FROM customer_scores AS s
WHERE
    s.horizon_days = $horizon_days
    AND acquired(
        s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
GROUP BY GROUPING SETS ((s.stage), (s.first_channel), (s.first_region), (s.first_category), (s.last_channel))
ORDER BY segment_kind, round(coalesce(sum(s.value_at_stake), 0), 6) DESC, segment
