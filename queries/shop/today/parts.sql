-- grain: one row per channel, region or category, by `$by`, with a sale or a return in either span of days
-- parameters: $by, $first_day, $last_day, $base_first_day, $base_last_day
-- Of each span the same sums as of the whole shop: null where no line of the span has a known cost.
WITH marked AS (
    SELECT
        CASE $by WHEN 'channel' THEN d.channel WHEN 'region' THEN d.region ELSE d.category END AS part,
        d.day BETWEEN $first_day::DATE AND $last_day::DATE AS is_now,
        d.day BETWEEN $base_first_day::DATE AND $base_last_day::DATE AS is_base,
        d.revenue,
        d.margin,
        d.units
    FROM trading_days AS d
    WHERE d.day >= least($first_day::DATE, $base_first_day::DATE) AND d.day <= $last_day::DATE
)

SELECT
    m.part,
    coalesce(sum(m.revenue) FILTER (WHERE m.is_now), 0)::DOUBLE AS revenue,
    coalesce(sum(m.revenue) FILTER (WHERE m.is_base), 0)::DOUBLE AS base_revenue,
    (sum(m.margin) FILTER (WHERE m.is_now))::DOUBLE AS margin,
    (sum(m.margin) FILTER (WHERE m.is_base))::DOUBLE AS base_margin,
    coalesce(sum(m.units) FILTER (WHERE m.is_now), 0)::DOUBLE AS units,
    coalesce(sum(m.units) FILTER (WHERE m.is_base), 0)::DOUBLE AS base_units
FROM marked AS m
WHERE m.is_now OR m.is_base
GROUP BY ALL
ORDER BY m.part
