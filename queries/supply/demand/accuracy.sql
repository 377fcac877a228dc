-- grain: one row per level whose series the filters can choose
-- parameters: $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- WAPE = sum|y - f| / sum|y| by day (`wape`) and by week of seven days (`week_wape`); bias = sum(f - y) / sum y; MASE is
-- the mean over series of the mean absolute error in units of the one of before, |y(t) - y(t - 7)|.
WITH checks AS (
    SELECT
        c.level,
        c.category,
        c.region,
        c.sku,
        c.cutoff,
        c.days,
        c.demand,
        c.error,
        c.absolute_error,
        c.naive_absolute_error,
        c.scale,
        c.weeks,
        c.weeks_within_80,
        c.weeks_within_95,
        list_sum(c.actual_weeks) AS week_demand,
        list_sum([abs(c.actual_weeks[i] - c.forecast_weeks[i]) FOR i IN range(1, len(c.actual_weeks) + 1)])
            AS week_error,
        list_sum([abs(c.actual_weeks[i] - c.naive_weeks[i]) FOR i IN range(1, len(c.actual_weeks) + 1)])
            AS naive_week_error
    FROM forecast_checks AS c
    WHERE chosen(c.category, $categories, $categories_all)
        AND chosen(c.region, $regions, $regions_all)
        AND chosen(c.sku, $skus, $skus_all)
)

SELECT
    c.level,
    count(DISTINCT (c.category, c.region, c.sku)) AS series,
    count(DISTINCT c.cutoff) AS cutoffs,
    min(c.cutoff) AS first_cutoff,
    max(c.cutoff) AS last_cutoff,
    max(c.days)::BIGINT AS days,
    sum(c.demand)::DOUBLE AS demand,
    (sum(c.absolute_error) / nullif(sum(c.demand), 0))::DOUBLE AS wape,
    (sum(c.naive_absolute_error) / nullif(sum(c.demand), 0))::DOUBLE AS naive_wape,
    (sum(c.week_error) / nullif(sum(c.week_demand), 0))::DOUBLE AS week_wape,
    (sum(c.naive_week_error) / nullif(sum(c.week_demand), 0))::DOUBLE AS naive_week_wape,
    (sum(c.error) / nullif(sum(c.demand), 0))::DOUBLE AS bias,
    avg(c.absolute_error / c.days / c.scale) FILTER (WHERE c.scale > 0 AND c.days > 0)::DOUBLE AS mase,
    avg(c.naive_absolute_error / c.days / c.scale) FILTER (WHERE c.scale > 0 AND c.days > 0)::DOUBLE AS naive_mase,
    coalesce(sum(c.weeks), 0)::BIGINT AS weeks,
    sum(c.weeks_within_80)::DOUBLE / nullif(sum(c.weeks), 0) AS interval_coverage_80,
    sum(c.weeks_within_95)::DOUBLE / nullif(sum(c.weeks), 0) AS interval_coverage_95
FROM checks AS c
GROUP BY ALL
ORDER BY c.level
