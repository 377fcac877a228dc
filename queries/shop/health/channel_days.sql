-- grain: one row per channel and day with an order
-- parameters: none
SELECT d.channel, d.day, d.orders, d.unidentified_orders, d.lines, d.revenue, d.unidentified_revenue
FROM channel_days AS d
ORDER BY d.channel, d.day
