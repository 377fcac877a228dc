-- grain: one row per ship-to region and SKU that has a forecast
-- parameters: $categories, $categories_all, $skus, $skus_all
-- `sku_lead_error_sd` is of the SKU over all regions (empty for who may not see all of them).
-- All regions of these SKUs: a manual value for the whole country is shared out over them before any is left out.
SELECT
    f.region,
    f.category,
    f.sku,
    f.pattern,
    f.model,
    f.daily_mean,
    f.error_sd,
    f.lead_error_sd,
    s.lead_error_sd AS sku_lead_error_sd,
    f.units
FROM forecasts AS f
LEFT JOIN forecasts AS s ON s.level = 'sku' AND s.sku = f.sku
WHERE f.level = 'region_sku'
    AND chosen(f.category, $categories, $categories_all)
    AND chosen(f.sku, $skus, $skus_all)
ORDER BY f.region, f.sku
