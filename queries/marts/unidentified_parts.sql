-- grain: one row per order without a known customer and category
-- parameters: none
-- scope: category=category region=region
-- patched by: day
SELECT
    l.order_id,
    l.order_day AS day,
    l.channel,
    l.region,
    l.category,
    CAST(sum(l.revenue) AS DOUBLE) AS revenue
FROM int_sale_lines AS l
WHERE l.is_sale AND l.customer_id IS NULL
GROUP BY l.order_id, l.order_day, l.channel, l.region, l.category
ORDER BY day, order_id, category
