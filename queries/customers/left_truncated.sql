-- grain: one row: chosen customers who had bought by a day, and those of them who came before another day
-- parameters: $as_of, $until, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    count(*) AS customers,
    count(*) FILTER (WHERE f.first_day < $until) AS uncertain
FROM first_purchases AS f
WHERE
    f.first_day <= $as_of
    AND acquired(
        f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
