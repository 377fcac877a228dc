-- grain: one row per delivery line, landed or on its way
-- parameters: $as_of
-- after: items
-- scope: category=category region=region
-- `is_open`: not landed by as-of. A delivery that is late lands tomorrow at the earliest: `expected_on`.
-- `from_location` is null for a supplier. `region` is where the location stands, '(none)' where nobody says.
SELECT
    d.inbound_id AS delivery_id,
    d.location_id AS location,
    d.sku,
    i.category,
    coalesce(l.region, '(none)') AS region,
    d.from_location,
    d.quantity AS units,
    d.ordered_on,
    d.due_on,
    CASE WHEN d.received_on <= $as_of THEN d.received_on END AS received_on,
    coalesce(d.received_on > $as_of, TRUE) AS is_open,
    CAST(greatest(d.due_on, $as_of + 1) AS DATE) AS expected_on
FROM inbound AS d
INNER JOIN items AS i ON i.sku = d.sku
LEFT JOIN locations AS l ON l.location_id = d.location_id
WHERE coalesce(d.ordered_on, $as_of) <= $as_of
ORDER BY d.location_id, d.sku, d.due_on, d.inbound_id
