-- grain: one row per series of a level that was tested
-- parameters: $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- `error` = sum(f - y) and `absolute_error` = sum|f - y| over the days of all cutoffs, in units.
SELECT
    c.category AS category,
    c.region AS region,
    c.sku AS sku,
    count(*) AS cutoffs,
    CAST(sum(c.days) AS BIGINT) AS days,
    CAST(sum(c.demand) AS DOUBLE) AS demand,
    CAST(sum(c.error) AS DOUBLE) AS error,
    CAST(sum(c.absolute_error) AS DOUBLE) AS absolute_error,
    CAST(sum(c.naive_absolute_error) AS DOUBLE) AS naive_absolute_error
FROM forecast_checks AS c
WHERE c.level = $level
    AND ($categories_all OR c.category IN $categories)
    AND ($regions_all OR c.region IN $regions)
    AND ($skus_all OR c.sku IN $skus)
GROUP BY c.category, c.region, c.sku
ORDER BY c.category, c.region, c.sku
