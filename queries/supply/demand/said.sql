-- grain: one row per earlier forecast and week of it that has closed
-- parameters: $as_of, $level, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- `forecast` and the band's ends are those of the series chosen, added up; `came` is what sold and what is estimated to
-- have been lost in the week.
WITH said AS (
    SELECT
        p.cutoff,
        unnest(range(1, len(p.units) + 1)) AS week,
        unnest(p.units) AS units,
        unnest(p.low_80) AS low_80,
        unnest(p.high_80) AS high_80
    FROM past_forecasts AS p
    WHERE p.level = $level
        AND chosen(p.category, $categories, $categories_all)
        AND chosen(p.region, $regions, $regions_all)
        AND chosen(p.sku, $skus, $skus_all)
),

weeks AS (
    SELECT
        s.cutoff,
        s.week,
        (s.cutoff + (7 * s.week - 6)::INTEGER)::DATE AS starts_on,
        (s.cutoff + (7 * s.week)::INTEGER)::DATE AS ends_on,
        sum(s.units) AS forecast,
        sum(s.low_80) AS low_80,
        sum(s.high_80) AS high_80
    FROM said AS s
    WHERE s.cutoff + (7 * s.week)::INTEGER <= $as_of::DATE
    GROUP BY ALL
),

demand AS (
    SELECT d.day, d.units
    FROM demand_days AS d
    WHERE chosen(d.category, $categories, $categories_all)
        AND chosen(d.region, $regions, $regions_all)
        AND chosen(d.sku, $skus, $skus_all)
    UNION ALL
    SELECT l.day, l.lost AS units
    FROM lost_units AS l
    WHERE chosen(l.category, $categories, $categories_all)
        AND chosen(l.region, $regions, $regions_all)
        AND chosen(l.sku, $skus, $skus_all)
),

days AS (
    SELECT d.day, sum(d.units) AS units
    FROM demand AS d
    GROUP BY ALL
)

SELECT
    w.cutoff,
    w.week,
    w.starts_on,
    w.ends_on,
    w.forecast::DOUBLE AS forecast,
    w.low_80::DOUBLE AS low_80,
    w.high_80::DOUBLE AS high_80,
    coalesce(sum(d.units), 0)::DOUBLE AS came
FROM weeks AS w
LEFT JOIN days AS d ON d.day BETWEEN w.starts_on AND w.ends_on
GROUP BY ALL
ORDER BY w.cutoff, w.week
