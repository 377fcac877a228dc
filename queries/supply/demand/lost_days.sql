-- grain: one row per day on which something was out
-- parameters: $since, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT l.day, sum(l.lost)::DOUBLE AS lost
FROM lost_units AS l
WHERE l.day >= $since::DATE
    AND chosen(l.category, $categories, $categories_all)
    AND chosen(l.region, $regions, $regions_all)
    AND chosen(l.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY l.day
