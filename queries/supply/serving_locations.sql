-- grain: one row per location that the merchant described, keeps stock, or shipped
-- parameters: none
-- `described`: it is in the table of locations. `region` is '(none)' where nobody says where it stands.
WITH seen AS (
    SELECT l.location_id AS location FROM locations AS l
    UNION
    SELECT k.location FROM stock_now AS k
    UNION
    SELECT s.location FROM serving AS s WHERE s.location IS NOT NULL
)

SELECT
    n.location,
    coalesce(l.name, n.location) AS name,
    l.kind,
    coalesce(l.region, '(none)') AS region,
    coalesce(l.ships, FALSE) AS ships,
    l.capacity_units::DOUBLE AS capacity_units,
    l.location_id IS NOT NULL AS described
FROM seen AS n
LEFT JOIN locations AS l ON l.location_id = n.location
ORDER BY n.location
