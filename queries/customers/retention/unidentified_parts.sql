-- grain: one row per day with chosen orders whose buyer is not known
-- parameters: $as_of, $bought_channels, $bought_channels_all, $bought_regions, $bought_regions_all,
--   $bought_categories, $bought_categories_all
SELECT
    u.day,
    count(DISTINCT u.order_id) AS orders
FROM unidentified_parts AS u
WHERE
    u.day <= $as_of
    AND chosen(u.channel, $bought_channels, $bought_channels_all)
    AND chosen(u.region, $bought_regions, $bought_regions_all)
    AND chosen(u.category, $bought_categories, $bought_categories_all)
GROUP BY ALL
ORDER BY ALL
