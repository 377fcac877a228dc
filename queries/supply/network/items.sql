-- grain: one row per SKU
-- parameters: $categories, $categories_all, $skus, $skus_all
-- `units_year`: sold in the 365 days up to as-of to regions that are known.
WITH sold AS (
    SELECT s.sku, sum(s.units_year) AS units_year
    FROM item_sales AS s
    WHERE s.region <> '(none)'
    GROUP BY ALL
)

SELECT
    i.sku,
    i.name,
    i.category,
    i.unit_margin::DOUBLE AS unit_margin,
    coalesce(s.units_year, 0)::DOUBLE AS units_year
FROM items AS i
LEFT JOIN sold AS s USING (sku)
WHERE chosen(i.category, $categories, $categories_all) AND chosen(i.sku, $skus, $skus_all)
ORDER BY i.sku
