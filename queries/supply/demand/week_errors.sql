-- grain: one row per level with tested weeks
-- parameters: $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- Do weeks err together? `total_square`: sum over tests of (sum of the weeks' errors)^2; `square_total`: of the sum of
-- their squares. Where weeks err independently both are alike; where all err alike the first is `weeks` times as much.
WITH errors AS (
    SELECT
        [c.forecast_weeks[i] - c.actual_weeks[i] FOR i IN range(1, len(c.actual_weeks) + 1)] AS weeks
    FROM forecast_checks AS c
    WHERE c.level = $level
        AND len(c.actual_weeks) > 1
        AND chosen(c.category, $categories, $categories_all)
        AND chosen(c.region, $regions, $regions_all)
        AND chosen(c.sku, $skus, $skus_all)
)

SELECT
    count(*) AS tests,
    avg(len(e.weeks))::DOUBLE AS weeks,
    sum(list_sum(e.weeks) * list_sum(e.weeks))::DOUBLE AS total_square,
    sum(list_sum([w * w FOR w IN e.weeks]))::DOUBLE AS square_total
FROM errors AS e
HAVING count(*) > 0
