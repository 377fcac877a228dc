-- grain: one row per category, ship-to region and SKU with a sale in one of two windows
-- parameters: $as_of, $days, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- `last`: the days up to as-of. `year_before`: the same weekdays, 52 weeks before the days after as-of.
SELECT
    d.category,
    d.region,
    d.sku,
    coalesce(sum(d.units) FILTER (WHERE d.day > $as_of - $days), 0)::DOUBLE AS last,
    coalesce(sum(d.units) FILTER (WHERE d.day <= $as_of - 364 + $days), 0)::DOUBLE AS year_before
FROM demand_at_nodes() AS d
WHERE (d.day > $as_of - $days OR (d.day > $as_of - 364 AND d.day <= $as_of - 364 + $days))
    AND chosen(d.category, $categories, $categories_all)
    AND chosen(d.region, $regions, $regions_all)
    AND chosen(d.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY d.category, d.region, d.sku
