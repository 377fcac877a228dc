-- grain: one row per location and item that had stock in a count there, and is missing from the newest one
-- parameters: $as_of
-- Delisted items are left out. `revenue`: net amount of the item shipped from there in the 28 days up to as-of.
WITH newest AS (
    SELECT n.location, max(n.day) AS day FROM count_days AS n GROUP BY ALL
),

shipped AS (
    SELECT d.location, d.sku, CAST(sum(d.revenue) AS DOUBLE) AS revenue
    FROM demand_days AS d
    WHERE d.day > $as_of - 28
    GROUP BY ALL
)

SELECT
    s.location,
    s.sku,
    i.name,
    s.unknown_since AS last_count,
    w.day AS newest_count,
    s.last_on_hand::DOUBLE AS on_hand,
    p.revenue
FROM stock_now AS s
INNER JOIN newest AS w ON w.location = s.location
INNER JOIN items AS i ON i.sku = s.sku
LEFT JOIN shipped AS p ON p.location = s.location AND p.sku = s.sku
WHERE s.unknown_since IS NOT NULL AND (i.delisted_on IS NULL OR i.delisted_on > $as_of)
ORDER BY p.revenue DESC NULLS LAST, s.location, s.sku
