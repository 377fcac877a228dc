-- grain: one row per ship-to region and SKU that has a forecast
-- parameters: $categories, $categories_all, $skus, $skus_all
-- All regions of these SKUs: a manual value for the whole country is shared out over them before any is left out.
SELECT
    f.region,
    f.category,
    f.sku,
    f.pattern,
    f.model,
    f.daily_mean,
    f.error_sd,
    f.units
FROM forecasts AS f
WHERE f.level = 'region_sku'
    AND chosen(f.category, $categories, $categories_all)
    AND chosen(f.sku, $skus, $skus_all)
ORDER BY f.region, f.sku
