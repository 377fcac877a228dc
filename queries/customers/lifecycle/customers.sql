-- grain: one row per customer who was in $from_stage on $since and is in $to_stage on $as_of ('any' for any)
-- parameters: $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all, $from_stage, $to_stage
SELECT
    f.customer_id,
    s.from_stage,
    s.to_stage,
    f.first_day,
    s.last_day,
    s.purchases,
    s.inactivity_days,
    s.revenue::DOUBLE AS revenue,
    s.margin::DOUBLE AS margin,
    f.first_channel,
    f.first_region,
    f.first_category
FROM stage_moves(
    $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to, $acquired_channels,
    $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all,
    $acquired_skus, $acquired_skus_all
) AS s
INNER JOIN first_purchases AS f USING (customer_key)
WHERE $from_stage IN ('any', s.from_stage) AND $to_stage IN ('any', s.to_stage)
ORDER BY s.revenue DESC, f.customer_id
