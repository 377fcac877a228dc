-- grain: one row per SKU
-- parameters: none
SELECT
    i.sku,
    i.name,
    i.category,
    i.abc,
    i.unit_margin,
    i.unit_revenue
FROM items AS i
ORDER BY i.sku
