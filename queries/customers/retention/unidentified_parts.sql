-- grain: one row per day with chosen orders whose buyer is not known
-- parameters: $as_of, $bought_channels, $bought_channels_all, $bought_regions, $bought_regions_all,
--   $bought_categories, $bought_categories_all
SELECT
    u.day,
    count(DISTINCT u.order_id) AS orders
FROM unidentified_parts AS u
WHERE
    u.day <= $as_of
    AND ($bought_channels_all OR list_contains($bought_channels, u.channel))
    AND ($bought_regions_all OR list_contains($bought_regions, u.region))
    AND ($bought_categories_all OR list_contains($bought_categories, u.category))
GROUP BY ALL
ORDER BY ALL
