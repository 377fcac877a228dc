-- grain: one row per location and item that was counted there within 28 days before its newest count, but not in it
-- parameters: $as_of
-- Delisted items are left out. `revenue`: net amount of the item shipped from there in the 28 days up to as-of.
WITH newest AS (
    SELECT n.location, max(n.day) AS day FROM stock_now AS n GROUP BY ALL
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
    s.day AS last_count,
    w.day AS newest_count,
    s.on_hand,
    p.revenue
FROM stock_now AS s
INNER JOIN newest AS w ON w.location = s.location
INNER JOIN items AS i ON i.sku = s.sku
LEFT JOIN shipped AS p ON p.location = s.location AND p.sku = s.sku
WHERE s.day < w.day AND s.day >= w.day - 28 AND (i.delisted_on IS NULL OR i.delisted_on > $as_of)
ORDER BY p.revenue DESC NULLS LAST, s.location, s.sku
