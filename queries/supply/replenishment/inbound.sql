-- grain: one row per location, SKU and day on which something on its way should land
-- parameters: $categories, $categories_all, $skus, $skus_all
SELECT
    d.location,
    d.sku,
    d.expected_on,
    sum(d.units)::DOUBLE AS units
FROM deliveries AS d
WHERE d.expected_on IS NOT NULL
    AND chosen(d.category, $categories, $categories_all)
    AND chosen(d.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY d.location, d.sku, d.expected_on
