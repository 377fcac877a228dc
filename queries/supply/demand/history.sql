-- grain: one row per day with a sale
-- parameters: $since, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT
    d.day,
    sum(d.units)::DOUBLE AS units,
    sum(d.returned_units)::DOUBLE AS returned_units
FROM demand_at_nodes() AS d
WHERE d.day >= $since::DATE
    AND chosen(d.category, $categories, $categories_all)
    AND chosen(d.region, $regions, $regions_all)
    AND chosen(d.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY d.day
