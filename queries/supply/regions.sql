-- grain: one row per region
-- parameters: none
-- Where it is drawn on the map of tiles; null where nobody says.
SELECT r.region AS region, r.parent AS parent, r.tile_row AS tile_row, r.tile_column AS tile_column
FROM regions AS r
ORDER BY r.region
