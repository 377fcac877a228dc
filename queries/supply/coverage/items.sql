-- grain: one row per SKU that was sold, is in stock, is on its way, or is in the products table
-- parameters: $categories, $categories_all, $skus, $skus_all
-- `described_or_sold`: somebody described it, or it was sold at least once.
SELECT
    i.sku,
    i.name,
    i.category,
    i.abc,
    i.unit_cost,
    i.unit_margin,
    i.lead_days,
    i.lead_sd,
    i.supplier,
    i.delisted_on,
    i.described OR s.sku IS NOT NULL AS described_or_sold
FROM items AS i
LEFT JOIN (SELECT DISTINCT m.sku FROM item_sales AS m) AS s USING (sku)
WHERE chosen(i.category, $categories, $categories_all)
    AND chosen(i.sku, $skus, $skus_all)
ORDER BY i.sku
