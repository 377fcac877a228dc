-- grain: one row per region
-- parameters: none
-- Where it is drawn on the map of tiles; null where nobody says.
SELECT r.region, r.parent, r.tile_row, r.tile_column
FROM regions AS r
ORDER BY r.region
