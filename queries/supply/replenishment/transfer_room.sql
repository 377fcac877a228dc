-- grain: one row per location that says how much it holds
-- parameters: none
-- `units` lie there now or are on their way, of all goods.
WITH there AS (
    SELECT k.location AS location, CAST(greatest(k.on_hand, 0) AS DOUBLE) AS units FROM stock_now AS k
    UNION ALL
    SELECT d.location AS location, CAST(d.units AS DOUBLE) AS units FROM deliveries AS d WHERE d.is_open
)

SELECT
    l.location_id AS location,
    l.capacity_units AS capacity_units,
    CAST(coalesce(sum(t.units), 0) AS DOUBLE) AS units
FROM locations AS l
LEFT JOIN there AS t ON t.location = l.location_id
WHERE l.capacity_units IS NOT NULL
GROUP BY l.location_id, l.capacity_units
ORDER BY l.location_id
