-- grain: one row per day with a sale
-- parameters: $since, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT
    d.day AS day,
    CAST(sum(d.units) AS DOUBLE) AS units,
    CAST(sum(d.returned_units) AS DOUBLE) AS returned_units
FROM demand_days AS d
WHERE d.day >= CAST($since AS DATE)
    AND ($categories_all OR d.category IN $categories)
    AND ($regions_all OR d.region IN $regions)
    AND ($skus_all OR d.sku IN $skus)
GROUP BY d.day
ORDER BY d.day
