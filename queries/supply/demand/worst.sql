-- grain: one row per series of a level that was tested
-- parameters: $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- `error` = sum(f - y) and `absolute_error` = sum|f - y| over the weeks of all cutoffs, in units; `demand_weeks`: the
-- share of them with demand.
SELECT
    c.category,
    c.region,
    c.sku,
    count(*) AS cutoffs,
    sum(c.days)::BIGINT AS days,
    sum(c.demand)::DOUBLE AS demand,
    (sum(c.demand_weeks) / nullif(sum(c.days) / 7, 0))::DOUBLE AS demand_weeks,
    sum(c.error)::DOUBLE AS error,
    sum(c.absolute_error)::DOUBLE AS absolute_error,
    sum(c.naive_absolute_error)::DOUBLE AS naive_absolute_error
FROM forecast_checks AS c
WHERE c.level = $level
    AND chosen(c.category, $categories, $categories_all)
    AND chosen(c.region, $regions, $regions_all)
    AND chosen(c.sku, $skus, $skus_all)
GROUP BY ALL
ORDER BY c.category, c.region, c.sku
