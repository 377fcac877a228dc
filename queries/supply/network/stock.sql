-- grain: one row per location and SKU with something available, or landing by the day asked for
-- parameters: $until, $categories, $categories_all, $skus, $skus_all
-- `available` is on hand less committed, not below 0; `on_order` is still on its way and expected by $until.
WITH available AS (
    SELECT k.location, k.sku, greatest(k.on_hand - k.committed, 0) AS units
    FROM stock_now AS k
    WHERE chosen(k.category, $categories, $categories_all) AND chosen(k.sku, $skus, $skus_all)
),

on_order AS (
    SELECT v.location, v.sku, sum(v.units) AS units
    FROM deliveries AS v
    WHERE
        v.expected_on <= $until::DATE
        AND chosen(v.category, $categories, $categories_all)
        AND chosen(v.sku, $skus, $skus_all)
    GROUP BY ALL
)

SELECT
    location,
    sku,
    coalesce(a.units, 0)::DOUBLE AS available,
    coalesce(w.units, 0)::DOUBLE AS on_order
FROM available AS a
FULL JOIN on_order AS w USING (location, sku)
WHERE coalesce(a.units, 0) > 0 OR coalesce(w.units, 0) > 0
ORDER BY location, sku
