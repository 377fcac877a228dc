-- grain: one row per model that forecasts the totals of categories chosen
-- parameters: $categories, $categories_all
SELECT f.model, count(*) AS categories
FROM forecasts AS f
WHERE f.level = 'category' AND f.model IS NOT NULL AND chosen(f.category, $categories, $categories_all)
GROUP BY ALL
ORDER BY categories DESC, f.model
