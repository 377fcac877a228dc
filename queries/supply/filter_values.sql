-- grain: one row per thing that can be chosen on the pages of supply: a category, a region, an item, a location
-- parameters: none
-- `worth` orders what is offered: revenue of the last 365 days.
WITH worth AS (
    SELECT s.sku, sum(s.revenue_year)::DOUBLE AS worth
    FROM item_sales AS s
    GROUP BY ALL
)

SELECT
    'categories' AS field,
    i.category AS value,
    i.category AS label,
    sum(coalesce(w.worth, 0))::DOUBLE AS worth
FROM items AS i
LEFT JOIN worth AS w USING (sku)
GROUP BY ALL
UNION ALL
SELECT 'regions' AS field, s.region AS value, s.region AS label, sum(s.revenue_year)::DOUBLE AS worth
FROM item_sales AS s
GROUP BY ALL
UNION ALL
SELECT 'skus' AS field, i.sku AS value, i.name || ' (' || i.sku || ')' AS label, coalesce(w.worth, 0) AS worth
FROM items AS i
LEFT JOIN worth AS w USING (sku)
UNION ALL
SELECT 'locations' AS field, l.location_id AS value, coalesce(l.name, l.location_id) AS label, 0::DOUBLE AS worth
FROM locations AS l
ORDER BY field, worth DESC, value
