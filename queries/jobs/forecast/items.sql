-- grain: one row per SKU
-- parameters: none
SELECT
    i.sku,
    i.category,
    coalesce(nullif(i.price, 0), i.unit_revenue)::DOUBLE AS price,
    i.launched_on,
    i.delisted_on
FROM items AS i
ORDER BY i.sku
