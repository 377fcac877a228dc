-- grain: one row per lane between two locations
-- parameters: none
-- What moves, moves in whole units: a least amount that is none is the next whole one.
SELECT
    l.from_location,
    l.to_location,
    l.lead_days::DOUBLE AS lead_days,
    l.cost_per_unit::DOUBLE AS cost_per_unit,
    ceil(coalesce(l.minimum_units, 0))::BIGINT AS minimum_units
FROM lanes AS l
WHERE l.to_location IS NOT NULL AND l.to_location <> l.from_location
ORDER BY l.from_location, l.to_location
