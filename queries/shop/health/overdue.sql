-- grain: one row per delivery line that was due over 30 days before as-of and has not landed
-- parameters: $as_of
-- `amount`: what its units bring at the item's usual net amount per unit; null where that is not known.
SELECT
    d.delivery_id,
    d.location,
    d.sku,
    i.name,
    CAST(d.units AS BIGINT) AS units,
    d.ordered_on,
    d.due_on,
    CAST($as_of - d.due_on AS BIGINT) AS days_late,
    CAST(d.units * i.unit_revenue AS DOUBLE) AS amount
FROM deliveries AS d
INNER JOIN items AS i ON i.sku = d.sku
WHERE d.is_open AND d.due_on < $as_of - 30
ORDER BY amount DESC NULLS LAST, d.delivery_id
