-- grain: one row per location and SKU with stock snapshots
-- parameters: none
-- `exposure`: days with a snapshot, each counted with its `level` (see the mart day_levels); `sold`: units sold from
-- there on such days. `stocked_days`: days with something there in the evening. `location_units`: units of the category
-- that the location sold in 365 days.
WITH exposed AS (
    SELECT
        s.location,
        s.sku,
        s.category,
        sum(l.level) AS exposure,
        count(*) FILTER (WHERE s.on_hand > 0) AS stocked_days
    FROM stock_days AS s
    INNER JOIN items AS i USING (sku)
    INNER JOIN day_levels AS l ON l.category = s.category AND l.day = s.day
    WHERE s.day >= coalesce(i.launched_on, s.day) AND s.day <= coalesce(i.delisted_on, s.day)
    GROUP BY ALL
),

sold AS (
    SELECT d.location, d.sku, sum(d.units) AS units
    FROM demand_days AS d
    INNER JOIN stock_days AS s USING (location, sku, day)
    GROUP BY ALL
),

places AS (
    SELECT v.location, v.category, sum(v.units) AS units
    FROM serving AS v
    GROUP BY ALL
)

SELECT
    e.location,
    e.sku,
    e.category,
    e.exposure::DOUBLE AS exposure,
    e.stocked_days,
    coalesce(s.units, 0)::DOUBLE AS sold,
    coalesce(p.units, 0)::DOUBLE AS location_units
FROM exposed AS e
LEFT JOIN sold AS s USING (location, sku)
LEFT JOIN places AS p USING (location, category)
ORDER BY e.location, e.sku
