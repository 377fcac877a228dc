-- grain: one row per channel, region and category that ever sold
-- parameters: none
-- scope: category=category region=region
SELECT
    l.channel,
    l.region,
    l.category,
    CAST(sum(l.revenue) AS DOUBLE) AS revenue,
    CAST(sum(l.margin) AS DOUBLE) AS margin,
    CAST(coalesce(sum(l.revenue) FILTER (WHERE l.margin IS NOT NULL), 0) AS DOUBLE) AS revenue_with_cost
FROM int_sale_lines AS l
GROUP BY l.channel, l.region, l.category
ORDER BY channel, region, category
