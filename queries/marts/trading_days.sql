-- grain: one row per day, channel, region and category with a sale or a return
-- parameters: none
-- scope: category=category region=region
-- patched by: day
-- The day is that of the order: what its lines of other days and its refunds brought or took is in it. `margin` is of
-- the lines whose cost is known (null where none is), `revenue_with_cost` the net revenue of just these. `units` are
-- those sold; what came back is in the money only.
SELECT
    l.order_day AS day,
    l.channel,
    l.region,
    l.category,
    CAST(sum(l.revenue) AS DOUBLE) AS revenue,
    CAST(sum(l.margin) AS DOUBLE) AS margin,
    CAST(coalesce(sum(l.revenue) FILTER (WHERE l.margin IS NOT NULL), 0) AS DOUBLE) AS revenue_with_cost,
    CAST(coalesce(sum(l.quantity) FILTER (WHERE l.is_sale), 0) AS DOUBLE) AS units
FROM int_sale_lines AS l
GROUP BY l.order_day, l.channel, l.region, l.category
ORDER BY day, channel, region, category
