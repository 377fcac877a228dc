-- grain: one row per lane: from a location to a location or to a region
-- parameters: none
SELECT
    l.from_location,
    l.to_location,
    l.to_region,
    l.lead_days::DOUBLE AS lead_days,
    l.lead_sd::DOUBLE AS lead_sd,
    l.cost_per_unit::DOUBLE AS cost_per_unit,
    l.minimum_units::DOUBLE AS minimum_units
FROM lanes AS l
ORDER BY l.from_location, l.to_location NULLS LAST, l.to_region NULLS LAST
