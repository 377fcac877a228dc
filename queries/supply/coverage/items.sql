-- grain: one row per SKU that was sold, is in stock, is on its way, or is in the products table
-- parameters: $categories, $categories_all, $skus, $skus_all
-- `described_or_sold`: somebody described it, or it was sold at least once.
SELECT
    i.sku AS sku,
    i.name AS name,
    i.category AS category,
    i.abc AS abc,
    i.unit_cost AS unit_cost,
    i.unit_margin AS unit_margin,
    i.lead_days AS lead_days,
    i.lead_sd AS lead_sd,
    i.described OR s.sku IS NOT NULL AS described_or_sold
FROM items AS i
LEFT JOIN (SELECT DISTINCT m.sku AS sku FROM item_sales AS m) AS s ON s.sku = i.sku
WHERE ($categories_all OR i.category IN $categories)
    AND ($skus_all OR i.sku IN $skus)
ORDER BY i.sku
