-- grain: one row per channel and day with an order
-- parameters: $first_day, $last_day
SELECT
    d.channel,
    d.day,
    d.orders
FROM channel_days AS d
WHERE d.day BETWEEN $first_day::DATE AND $last_day::DATE
ORDER BY d.channel, d.day
