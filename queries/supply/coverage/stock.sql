-- grain: one row per location and SKU that was ever counted
-- parameters: $categories, $categories_all, $skus, $skus_all
-- The newest count, and the newest one of a week before.
SELECT
    k.location AS location,
    k.sku AS sku,
    k.category AS category,
    k.region AS region,
    k.day AS day,
    k.on_hand AS on_hand,
    k.committed AS committed,
    k.on_hand_before AS on_hand_before,
    k.committed_before AS committed_before
FROM stock_now AS k
WHERE ($categories_all OR k.category IN $categories)
    AND ($skus_all OR k.sku IN $skus)
ORDER BY k.location, k.sku
