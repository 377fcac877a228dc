-- grain: one row per location, SKU and day with a stock snapshot, up to as-of
-- parameters: $as_of
-- after: items
-- scope: category=category region=region
-- A state: never summed over days. `region` is where the location stands, '(none)' where nobody says.
SELECT
    s.location_id AS location,
    s.sku,
    i.category,
    coalesce(l.region, '(none)') AS region,
    s.day,
    CAST(s.on_hand AS DOUBLE) AS on_hand,
    CAST(coalesce(s.committed, 0) AS DOUBLE) AS committed
FROM stock_snapshots AS s
INNER JOIN items AS i ON i.sku = s.sku
LEFT JOIN locations AS l ON l.location_id = s.location_id
WHERE s.day <= $as_of
ORDER BY s.location_id, s.sku, s.day
