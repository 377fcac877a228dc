-- grain: one row per SKU
-- parameters: $categories, $categories_all, $skus, $skus_all
SELECT
    i.sku,
    i.name,
    i.category,
    i.described,
    i.unit,
    i.unit_cost::DOUBLE AS unit_cost,
    i.unit_margin::DOUBLE AS unit_margin,
    i.pack_size::DOUBLE AS pack_size,
    i.minimum_order::DOUBLE AS minimum_order,
    i.supplier,
    i.lead_days,
    i.lead_sd,
    i.delisted_on,
    i.abc
FROM items AS i
WHERE chosen(i.category, $categories, $categories_all)
    AND chosen(i.sku, $skus, $skus_all)
ORDER BY i.sku
