-- grain: one row per series of a level
-- parameters: $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT
    f.level,
    f.category,
    f.region,
    f.sku,
    f.pattern,
    f.model,
    f.masked_days,
    f.units,
    f.low_80,
    f.high_80,
    f.low_95,
    f.high_95
FROM forecasts AS f
WHERE f.level = $level
    AND chosen(f.category, $categories, $categories_all)
    AND chosen(f.region, $regions, $regions_all)
    AND chosen(f.sku, $skus, $skus_all)
ORDER BY f.category, f.region, f.sku
