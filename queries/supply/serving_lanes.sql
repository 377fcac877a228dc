-- grain: one row per lane: from a location to a location or to a region
-- parameters: none
SELECT
    l.from_location AS from_location,
    l.to_location AS to_location,
    l.to_region AS to_region,
    CAST(l.lead_days AS DOUBLE) AS lead_days,
    CAST(l.lead_sd AS DOUBLE) AS lead_sd,
    CAST(l.cost_per_unit AS DOUBLE) AS cost_per_unit,
    l.minimum_units AS minimum_units
FROM lanes AS l
ORDER BY l.from_location, l.to_location NULLS LAST, l.to_region NULLS LAST
