-- grain: one row per first product, region and category of a first purchase
-- parameters: none
-- after: first_purchases
-- scope: category=first_category region=first_region
WITH names AS (
    SELECT
        n.sku,
        max(n.name) AS name
    FROM (
        SELECT p.sku, p.name FROM products AS p
        UNION ALL
        SELECT l.sku, l.product_name AS name FROM stg_order_lines AS l WHERE l.product_name IS NOT NULL
    ) AS n
    GROUP BY n.sku
)

SELECT
    f.first_sku,
    coalesce(n.name, f.first_sku) AS product_name,
    f.first_region,
    f.first_category,
    CAST(count(*) AS BIGINT) AS customers
FROM first_purchases AS f
LEFT JOIN names AS n ON n.sku = f.first_sku
GROUP BY f.first_sku, coalesce(n.name, f.first_sku), f.first_region, f.first_category
ORDER BY first_sku, first_region, first_category
