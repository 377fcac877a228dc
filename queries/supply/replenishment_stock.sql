-- grain: one row per location and SKU that ever had a stock snapshot
-- parameters: $categories, $categories_all, $skus, $skus_all
-- The newest snapshot; `day` says of when it is.
SELECT
    k.location AS location,
    k.sku AS sku,
    k.category AS category,
    k.region AS region,
    k.day AS day,
    k.on_hand AS on_hand,
    k.committed AS committed
FROM stock_now AS k
WHERE ($categories_all OR k.category IN $categories)
    AND ($skus_all OR k.sku IN $skus)
ORDER BY k.location, k.sku
