-- grain: one row per unit of measure of the items chosen that were sold in the last 365 days or are in stock
-- parameters: $categories, $categories_all, $skus, $skus_all
-- Where there are several, units of one item are not to be added to those of another.
SELECT
    i.unit,
    count(*) AS items
FROM items AS i
WHERE chosen(i.category, $categories, $categories_all)
    AND chosen(i.sku, $skus, $skus_all)
    AND (
        i.sku IN (SELECT s.sku FROM item_sales AS s WHERE s.units_year > 0)
        OR i.sku IN (SELECT k.sku FROM stock_now AS k WHERE k.on_hand > 0)
    )
GROUP BY ALL
ORDER BY i.unit
