-- grain: one row per ship-to region and SKU that has a forecast
-- parameters: $categories, $categories_all, $skus, $skus_all
-- All regions of these SKUs: a manual value for the whole country is shared out over them before any is left out.
SELECT
    f.region AS region,
    f.category AS category,
    f.sku AS sku,
    f.pattern AS pattern,
    f.model AS model,
    f.daily_mean AS daily_mean,
    f.error_sd AS error_sd,
    f.units AS units
FROM forecasts AS f
WHERE f.level = 'region_sku'
    AND ($categories_all OR f.category IN $categories)
    AND ($skus_all OR f.sku IN $skus)
ORDER BY f.region, f.sku
