-- grain: one row per location and SKU with something available, or landing by the day asked for
-- parameters: $until, $categories, $categories_all, $skus, $skus_all
-- `available` is on hand less committed, not below 0; `on_order` is still on its way and expected by $until.
WITH available AS (
    SELECT k.location AS location, k.sku AS sku, greatest(k.on_hand - k.committed, 0) AS units
    FROM stock_now AS k
    WHERE ($categories_all OR k.category IN $categories) AND ($skus_all OR k.sku IN $skus)
),

on_order AS (
    SELECT v.location AS location, v.sku AS sku, sum(v.units) AS units
    FROM deliveries AS v
    WHERE
        v.is_open
        AND v.expected_on <= CAST($until AS DATE)
        AND ($categories_all OR v.category IN $categories)
        AND ($skus_all OR v.sku IN $skus)
    GROUP BY v.location, v.sku
)

SELECT
    coalesce(a.location, w.location) AS location,
    coalesce(a.sku, w.sku) AS sku,
    CAST(coalesce(a.units, 0) AS DOUBLE) AS available,
    CAST(coalesce(w.units, 0) AS DOUBLE) AS on_order
FROM available AS a
FULL JOIN on_order AS w ON w.location = a.location AND w.sku = a.sku
WHERE coalesce(a.units, 0) > 0 OR coalesce(w.units, 0) > 0
ORDER BY coalesce(a.location, w.location), coalesce(a.sku, w.sku)
