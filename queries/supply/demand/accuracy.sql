-- grain: one row per level whose series the filters can choose
-- parameters: $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- WAPE = sum|y - f| / sum|y| by day (`wape`) and by week of seven days (`week_wape`); bias = sum(f - y) / sum y; MASE is
-- the mean over series of the mean absolute error in units of the one of before, |y(t) - y(t - 7)|.
WITH checks AS (
    SELECT
        c.level AS level,
        c.category AS category,
        c.region AS region,
        c.sku AS sku,
        c.origin AS origin,
        c.days AS days,
        c.demand AS demand,
        c.error AS error,
        c.absolute_error AS absolute_error,
        c.naive_absolute_error AS naive_absolute_error,
        c.scale AS scale,
        c.weeks AS weeks,
        c.hits_80 AS hits_80,
        c.hits_95 AS hits_95,
        list_sum(c.actual_weeks) AS week_demand,
        list_sum([abs(c.actual_weeks[i] - c.forecast_weeks[i]) FOR i IN range(1, len(c.actual_weeks) + 1)])
            AS week_error,
        list_sum([abs(c.actual_weeks[i] - c.naive_weeks[i]) FOR i IN range(1, len(c.actual_weeks) + 1)])
            AS naive_week_error
    FROM forecast_checks AS c
    WHERE ($categories_all OR c.category IN $categories)
        AND ($regions_all OR c.region IN $regions)
        AND ($skus_all OR c.sku IN $skus)
)

SELECT
    c.level AS level,
    count(DISTINCT (c.category, c.region, c.sku)) AS series,
    count(DISTINCT c.origin) AS cutoffs,
    min(c.origin) AS first_cutoff,
    max(c.origin) AS last_cutoff,
    CAST(max(c.days) AS BIGINT) AS days,
    CAST(sum(c.demand) AS DOUBLE) AS demand,
    CAST(sum(c.absolute_error) / nullif(sum(c.demand), 0) AS DOUBLE) AS wape,
    CAST(sum(c.naive_absolute_error) / nullif(sum(c.demand), 0) AS DOUBLE) AS naive_wape,
    CAST(sum(c.week_error) / nullif(sum(c.week_demand), 0) AS DOUBLE) AS week_wape,
    CAST(sum(c.naive_week_error) / nullif(sum(c.week_demand), 0) AS DOUBLE) AS naive_week_wape,
    CAST(sum(c.error) / nullif(sum(c.demand), 0) AS DOUBLE) AS bias,
    CAST(avg(CASE WHEN c.scale > 0 AND c.days > 0 THEN c.absolute_error / c.days / c.scale END) AS DOUBLE) AS mase,
    CAST(
        avg(CASE WHEN c.scale > 0 AND c.days > 0 THEN c.naive_absolute_error / c.days / c.scale END) AS DOUBLE
    ) AS naive_mase,
    CAST(coalesce(sum(c.weeks), 0) AS BIGINT) AS weeks,
    CAST(sum(c.hits_80) AS DOUBLE) / nullif(sum(c.weeks), 0) AS interval_coverage_80,
    CAST(sum(c.hits_95) AS DOUBLE) / nullif(sum(c.weeks), 0) AS interval_coverage_95
FROM checks AS c
GROUP BY c.level
ORDER BY c.level
