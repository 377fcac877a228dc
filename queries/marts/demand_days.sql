-- grain: one row per SKU, ship-to region, location that shipped, and day with a sale or a return
-- parameters: none
-- after: items
-- scope: category=category region=region
-- patched by: day
-- Demand is what was sold to buyers: units of sale lines on the day they were ordered. Returns stand apart, on the day
-- of their original order. Days without a row are days without demand, up to as-of.
SELECT
    l.sku,
    i.category,
    l.region,
    l.location,
    l.day,
    CAST(coalesce(sum(l.quantity) FILTER (WHERE l.is_sale), 0) AS DOUBLE) AS units,
    CAST(coalesce(sum(-l.quantity) FILTER (WHERE NOT l.is_sale), 0) AS DOUBLE) AS returned_units,
    CAST(sum(l.revenue) AS DOUBLE) AS revenue,
    CAST(sum(l.margin) AS DOUBLE) AS margin
FROM int_sale_lines AS l
INNER JOIN items AS i ON i.sku = l.sku
GROUP BY l.sku, i.category, l.region, l.location, l.day
ORDER BY l.sku, l.region, l.location, l.day
