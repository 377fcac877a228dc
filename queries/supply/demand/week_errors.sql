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
        AND ($categories_all OR c.category IN $categories)
        AND ($regions_all OR c.region IN $regions)
        AND ($skus_all OR c.sku IN $skus)
)

SELECT
    count(*) AS tests,
    CAST(avg(len(e.weeks)) AS DOUBLE) AS weeks,
    CAST(sum(list_sum(e.weeks) * list_sum(e.weeks)) AS DOUBLE) AS total_square,
    CAST(sum(list_sum([w * w FOR w IN e.weeks])) AS DOUBLE) AS square_total
FROM errors AS e
HAVING count(*) > 0
