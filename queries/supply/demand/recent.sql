-- grain: one row per category, ship-to region and SKU with a sale in one of two windows
-- parameters: $as_of, $days, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- `last`: the days up to as-of. `year_before`: the same weekdays, 52 weeks before the days after as-of.
SELECT
    d.category AS category,
    d.region AS region,
    d.sku AS sku,
    CAST(sum(CASE WHEN d.day > $as_of - $days THEN d.units ELSE 0 END) AS DOUBLE) AS last,
    CAST(sum(CASE WHEN d.day <= $as_of - 364 + $days THEN d.units ELSE 0 END) AS DOUBLE) AS year_before
FROM demand_days AS d
WHERE (d.day > $as_of - $days OR (d.day > $as_of - 364 AND d.day <= $as_of - 364 + $days))
    AND ($categories_all OR d.category IN $categories)
    AND ($regions_all OR d.region IN $regions)
    AND ($skus_all OR d.sku IN $skus)
GROUP BY d.category, d.region, d.sku
ORDER BY d.category, d.region, d.sku
