-- grain: one row per channel, region and category that ever sold
-- parameters: none
-- after: trading_days
-- scope: category=category region=region
SELECT
    d.channel,
    d.region,
    d.category,
    CAST(sum(d.revenue) AS DOUBLE) AS revenue,
    CAST(sum(d.margin) AS DOUBLE) AS margin,
    CAST(sum(d.revenue_with_cost) AS DOUBLE) AS revenue_with_cost
FROM trading_days AS d
GROUP BY d.channel, d.region, d.category
ORDER BY channel, region, category
