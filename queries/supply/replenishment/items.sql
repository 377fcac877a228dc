-- grain: one row per SKU
-- parameters: $categories, $categories_all, $skus, $skus_all
SELECT
    i.sku AS sku,
    i.name AS name,
    i.category AS category,
    i.described AS described,
    CAST(i.unit_cost AS DOUBLE) AS unit_cost,
    CAST(i.unit_margin AS DOUBLE) AS unit_margin,
    i.pack_size AS pack_size,
    i.minimum_order AS minimum_order,
    i.supplier AS supplier,
    i.lead_days AS lead_days,
    i.lead_sd AS lead_sd,
    i.delisted_on AS delisted_on,
    i.abc AS abc
FROM items AS i
WHERE ($categories_all OR i.category IN $categories)
    AND ($skus_all OR i.sku IN $skus)
ORDER BY i.sku
