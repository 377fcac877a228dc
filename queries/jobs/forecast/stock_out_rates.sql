-- grain: one row per location and SKU with stock snapshots
-- parameters: none
-- `exposure`: days with a snapshot, each counted with its `level` (see the mart day_levels); `sold`: units sold from
-- there on such days. `stocked_days`: days with something there in the evening. `location_units`: units of the category
-- that the location sold in 365 days.
WITH exposed AS (
    SELECT
        s.location AS location,
        s.sku AS sku,
        s.category AS category,
        sum(l.level) AS exposure,
        sum(CASE WHEN s.on_hand > 0 THEN 1 ELSE 0 END) AS stocked_days
    FROM stock_days AS s
    INNER JOIN items AS i ON i.sku = s.sku
    INNER JOIN day_levels AS l ON l.category = s.category AND l.day = s.day
    WHERE s.day >= coalesce(i.launched_on, s.day) AND s.day <= coalesce(i.delisted_on, s.day)
    GROUP BY s.location, s.sku, s.category
),

sold AS (
    SELECT d.location AS location, d.sku AS sku, sum(d.units) AS units
    FROM demand_days AS d
    INNER JOIN stock_days AS s ON s.location = d.location AND s.sku = d.sku AND s.day = d.day
    GROUP BY d.location, d.sku
),

places AS (
    SELECT v.location AS location, v.category AS category, sum(v.units) AS units
    FROM serving AS v
    GROUP BY v.location, v.category
)

SELECT
    e.location AS location,
    e.sku AS sku,
    e.category AS category,
    CAST(e.exposure AS DOUBLE) AS exposure,
    CAST(e.stocked_days AS BIGINT) AS stocked_days,
    CAST(coalesce(s.units, 0) AS DOUBLE) AS sold,
    CAST(coalesce(p.units, 0) AS DOUBLE) AS location_units
FROM exposed AS e
LEFT JOIN sold AS s ON s.location = e.location AND s.sku = e.sku
LEFT JOIN places AS p ON p.location = e.location AND p.category = e.category
ORDER BY e.location, e.sku
