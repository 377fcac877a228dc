-- grain: one row per location, category and ship-to region it shipped to in the last 365 days
-- parameters: none
SELECT
    v.location,
    v.category,
    v.region,
    v.units / sum(v.units) OVER (PARTITION BY v.location, v.category) AS share
FROM serving AS v
WHERE v.units > 0
ORDER BY v.location, v.category, v.region
