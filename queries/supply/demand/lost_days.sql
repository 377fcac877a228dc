-- grain: one row per day on which something was out
-- parameters: $since, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT l.day AS day, CAST(sum(l.lost) AS DOUBLE) AS lost
FROM lost_units AS l
WHERE l.day >= CAST($since AS DATE)
    AND ($categories_all OR l.category IN $categories)
    AND ($regions_all OR l.region IN $regions)
    AND ($skus_all OR l.sku IN $skus)
GROUP BY l.day
ORDER BY l.day
