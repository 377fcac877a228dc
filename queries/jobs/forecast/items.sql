-- grain: one row per SKU
-- parameters: none
SELECT
    i.sku AS sku,
    i.category AS category,
    i.launched_on AS launched_on,
    i.delisted_on AS delisted_on
FROM items AS i
ORDER BY i.sku
