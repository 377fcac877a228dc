-- grain: one row per SKU whose line in the products table is another one than before, or is there only then or only now
-- parameters: none
-- `is_renamed`: by another name; else only what it costs or its category is another one.
SELECT
    coalesce(n.sku, b.sku) AS sku,
    coalesce(n.name, '') <> coalesce(b.name, '') AS is_renamed
FROM products AS n
FULL JOIN before_products AS b ON b.sku = n.sku
WHERE
    coalesce(n.name, '') <> coalesce(b.name, '')
    OR coalesce(n.category, '') <> coalesce(b.category, '')
    OR coalesce(CAST(n.unit_cost AS DOUBLE), -1) <> coalesce(CAST(b.unit_cost AS DOUBLE), -1)
