-- grain: one row per channel, region and category that ever sold
-- parameters: none
-- scope: category=category region=region
SELECT
    l.channel AS channel,
    l.region AS region,
    l.category AS category,
    CAST(sum(l.revenue) AS DOUBLE) AS revenue,
    CAST(sum(l.margin) AS DOUBLE) AS margin,
    CAST(sum(CASE WHEN l.margin IS NOT NULL THEN l.revenue ELSE 0 END) AS DOUBLE) AS revenue_with_cost
FROM stg_sale_lines AS l
GROUP BY l.channel, l.region, l.category
ORDER BY channel, region, category
