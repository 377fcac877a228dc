-- grain: one row per series of a level
-- parameters: $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT
    f.level AS level,
    f.category AS category,
    f.region AS region,
    f.sku AS sku,
    f.pattern AS pattern,
    f.model AS model,
    f.masked_days AS masked_days,
    f.units AS units,
    f.low_80 AS low_80,
    f.high_80 AS high_80,
    f.low_95 AS low_95,
    f.high_95 AS high_95
FROM forecasts AS f
WHERE f.level = $level
    AND ($categories_all OR f.category IN $categories)
    AND ($regions_all OR f.region IN $regions)
    AND ($skus_all OR f.sku IN $skus)
ORDER BY f.category, f.region, f.sku
