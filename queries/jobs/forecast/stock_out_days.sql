-- grain: one row per location, SKU and day whose evening snapshot holds nothing, while the SKU was on sale
-- parameters: none
-- `available` is what could be sold on that day: what lay there the evening before plus what landed. It is null where the
-- snapshot of the evening before is missing. `level` is that of the mart day_levels.
WITH empty AS (
    SELECT s.location, s.sku, s.category, s.region AS home, s.day
    FROM stock_days AS s
    INNER JOIN items AS i USING (sku)
    WHERE s.on_hand <= 0
        AND s.day >= coalesce(i.launched_on, s.day)
        AND s.day <= coalesce(i.delisted_on, s.day)
),

landed AS (
    SELECT d.location, d.sku, d.received_on AS day, sum(d.units) AS units
    FROM deliveries AS d
    WHERE NOT d.is_open
    GROUP BY ALL
),

sold AS (
    SELECT d.location, d.sku, d.day, sum(d.units) AS units
    FROM demand_days AS d
    GROUP BY ALL
)

SELECT
    e.location,
    e.sku,
    e.category,
    e.home,
    e.day,
    l.level::DOUBLE AS level,
    (CASE WHEN p.on_hand IS NOT NULL THEN greatest(p.on_hand, 0) + coalesce(a.units, 0) END)::DOUBLE AS available,
    coalesce(s.units, 0)::DOUBLE AS sold
FROM empty AS e
INNER JOIN day_levels AS l ON l.category = e.category AND l.day = e.day
LEFT JOIN stock_days AS p ON p.location = e.location AND p.sku = e.sku AND p.day = e.day - 1
LEFT JOIN landed AS a ON a.location = e.location AND a.sku = e.sku AND a.day = e.day
LEFT JOIN sold AS s ON s.location = e.location AND s.sku = e.sku AND s.day = e.day
ORDER BY e.location, e.sku, e.day
