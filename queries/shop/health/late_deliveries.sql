-- grain: one row per delivery line that was due within the last days and is later than nearly all of its way
-- parameters: $as_of, $days, $least, $share
-- A way is where it comes from (null: the supplier) and where it goes. Its lateness is that of what landed from it in the
-- year up to as-of; the share `$share` of it is waited for and a day more, of ways with `$least` landings. `amount`: what
-- its units bring at the item's usual net amount per unit; null where that is not known.
WITH ways AS (
    SELECT
        d.location,
        d.from_location,
        greatest(quantile_cont(d.received_on - d.due_on, $share::DOUBLE), 0) AS usual_late
    FROM deliveries AS d
    WHERE d.received_on BETWEEN $as_of::DATE - 365 AND $as_of::DATE
    GROUP BY ALL
    HAVING count(*) >= $least::BIGINT
)

SELECT
    d.delivery_id,
    d.location,
    d.sku,
    i.name,
    CAST(d.units AS BIGINT) AS units,
    d.ordered_on,
    d.due_on,
    CAST($as_of::DATE - d.due_on AS BIGINT) AS days_late,
    CAST(d.units * i.unit_revenue AS DOUBLE) AS amount
FROM deliveries AS d
INNER JOIN ways AS w ON w.location = d.location AND w.from_location IS NOT DISTINCT FROM d.from_location
INNER JOIN items AS i ON i.sku = d.sku
WHERE
    (d.received_on IS NULL OR d.received_on > $as_of::DATE)
    AND d.due_on >= $as_of::DATE - $days::BIGINT::INTEGER
    AND $as_of::DATE - d.due_on > ceil(w.usual_late) + 1
ORDER BY amount DESC NULLS LAST, d.delivery_id
