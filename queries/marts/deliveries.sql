-- grain: one row per delivery line, landed or on its way
-- parameters: $as_of
-- after: items, stock_now
-- scope: category=category region=region
-- `is_open`: not landed by as-of. `expected_on`: from when its units count as stock to come. One that is late lands
-- tomorrow at the earliest; one that is overdue by more than 30 days is counted on no longer. One that landed after the
-- newest count of its item there is in no count yet, and comes tomorrow. Empty for all others.
-- `ordered_units`: what was ordered, where fewer came. `from_location` is null for a supplier. `region` is where the location stands, '(none)' where nobody says.
SELECT
    d.inbound_id AS delivery_id,
    d.location_id AS location,
    d.sku,
    i.category,
    coalesce(l.region, '(none)') AS region,
    d.from_location,
    CAST(d.quantity AS DOUBLE) AS units,
    CAST(coalesce(d.ordered_quantity, d.quantity) AS DOUBLE) AS ordered_units,
    d.ordered_on,
    d.due_on,
    CASE WHEN d.received_on <= $as_of THEN d.received_on END AS received_on,
    coalesce(d.received_on > $as_of, TRUE) AS is_open,
    CASE
        WHEN d.received_on > coalesce(k.day, k.unknown_since) AND d.received_on <= $as_of THEN CAST($as_of + 1 AS DATE)
        WHEN coalesce(d.received_on > $as_of, TRUE) AND d.due_on >= $as_of - 30
            THEN CAST(greatest(d.due_on, $as_of + 1) AS DATE)
    END AS expected_on
FROM inbound AS d
INNER JOIN items AS i ON i.sku = d.sku
LEFT JOIN stock_now AS k ON k.location = d.location_id AND k.sku = d.sku
LEFT JOIN locations AS l ON l.location_id = d.location_id
WHERE coalesce(d.ordered_on, $as_of) <= $as_of
ORDER BY d.location_id, d.sku, d.due_on, d.inbound_id
