-- grain: one row per stage on $since and stage on $as_of
-- parameters: $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- Value is what the customers' purchases up to $as_of brought.
SELECT
    from_stage,
    to_stage,
    count(*) AS customers,
    sum(revenue)::DOUBLE AS revenue,
    sum(margin)::DOUBLE AS margin
FROM stage_moves(
    $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to, $acquired_channels,
    $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all,
    $acquired_skus, $acquired_skus_all
)
GROUP BY ALL
ORDER BY ALL
