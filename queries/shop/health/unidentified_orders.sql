-- grain: one row per order without a known customer since a day, the 10,000 that brought most
-- parameters: $channels, $channels_all, $since
SELECT
    u.order_id,
    min(u.day) AS day,
    min(u.channel) AS channel,
    CAST(sum(u.revenue) AS DOUBLE) AS revenue
FROM unidentified_parts AS u
WHERE ($channels_all OR u.channel IN $channels) AND u.day >= $since
GROUP BY ALL
ORDER BY revenue DESC, u.order_id
LIMIT 10000
