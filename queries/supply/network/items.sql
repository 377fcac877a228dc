-- grain: one row per SKU
-- parameters: $categories, $categories_all, $skus, $skus_all
-- `units_year`: sold in the 365 days up to as-of to regions that are known.
WITH sold AS (
    SELECT s.sku AS sku, sum(s.units_year) AS units_year
    FROM item_sales AS s
    WHERE s.region <> '(none)'
    GROUP BY s.sku
)

SELECT
    i.sku AS sku,
    i.name AS name,
    i.category AS category,
    CAST(i.unit_margin AS DOUBLE) AS unit_margin,
    CAST(coalesce(s.units_year, 0) AS DOUBLE) AS units_year
FROM items AS i
LEFT JOIN sold AS s ON s.sku = i.sku
WHERE ($categories_all OR i.category IN $categories) AND ($skus_all OR i.sku IN $skus)
ORDER BY i.sku
