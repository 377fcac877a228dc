-- grain: one row per channel, region and category that sold, what can be chosen in the filters
-- parameters: none
SELECT
    m.channel,
    m.region,
    m.category,
    m.revenue,
    m.revenue_with_cost
FROM sales_mix AS m
ORDER BY m.channel, m.region, m.category
