-- grain: one row per first product, by the number of customers it brought
-- parameters: none
SELECT
    f.first_sku,
    min(f.product_name) AS product_name,
    sum(f.customers)::BIGINT AS customers
FROM first_products AS f
GROUP BY ALL
ORDER BY customers DESC, f.first_sku
