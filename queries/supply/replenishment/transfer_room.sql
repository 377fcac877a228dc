-- grain: one row per location that says how much it holds
-- parameters: none
-- `units` lie there now or are on their way, of all goods.
WITH held AS (
    SELECT k.location, greatest(k.on_hand, 0)::DOUBLE AS units FROM stock_now AS k
    UNION ALL
    SELECT d.location, d.units::DOUBLE AS units FROM deliveries AS d WHERE d.expected_on IS NOT NULL
)

SELECT
    l.location_id AS location,
    l.capacity_units::DOUBLE AS capacity_units,
    coalesce(sum(t.units), 0)::DOUBLE AS units
FROM locations AS l
LEFT JOIN held AS t ON t.location = l.location_id
WHERE l.capacity_units IS NOT NULL
GROUP BY ALL
ORDER BY l.location_id
