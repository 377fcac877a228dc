-- grain: one row per SKU
-- parameters: none
SELECT
    i.sku,
    i.category,
    i.launched_on,
    i.delisted_on
FROM items AS i
ORDER BY i.sku
