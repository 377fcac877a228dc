-- grain: one row per ship-to region, category and location that shipped there in the last 365 days
-- parameters: none
SELECT
    s.region,
    s.category,
    s.location,
    s.units
FROM serving AS s
WHERE s.units > 0 AND s.location IS NOT NULL AND s.region IS NOT NULL
ORDER BY s.region, s.category, s.location
