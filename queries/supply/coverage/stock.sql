-- grain: one row per location and SKU that was ever counted
-- parameters: $categories, $categories_all, $skus, $skus_all
-- The newest count, and the newest one of a week before; empty where the item is missing from its location's newest
-- count, `unknown_since` its own.
SELECT
    k.location,
    k.sku,
    k.category,
    k.region,
    k.day,
    k.on_hand::DOUBLE AS on_hand,
    k.committed::DOUBLE AS committed,
    k.on_hand_before::DOUBLE AS on_hand_before,
    k.committed_before::DOUBLE AS committed_before,
    k.unknown_since,
    k.last_on_hand::DOUBLE AS last_on_hand
FROM stock_now AS k
WHERE chosen(k.category, $categories, $categories_all)
    AND chosen(k.sku, $skus, $skus_all)
ORDER BY k.location, k.sku
