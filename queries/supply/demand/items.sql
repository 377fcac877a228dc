-- grain: one row per SKU
-- parameters: none
SELECT
    i.sku AS sku,
    i.name AS name,
    i.category AS category,
    i.abc AS abc,
    i.unit_margin AS unit_margin,
    i.unit_revenue AS unit_revenue
FROM items AS i
ORDER BY i.sku
