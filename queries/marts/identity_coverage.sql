-- grain: one row per month and channel with an order
-- parameters: none
-- after: channel_days, linked_orders
-- scope: none
-- Whose order it is: nobody's, a guest's, an account's. `linked_orders`: orders of persons with several accounts. An order
-- counts once, in the channel and month of its first sale line.
WITH linked AS (
    SELECT
        k.month,
        k.channel,
        sum(k.orders) AS orders
    FROM linked_orders AS k
    GROUP BY k.month, k.channel
),

months AS (
    SELECT
        CAST(date_trunc('month', d.day) AS DATE) AS month,
        d.channel,
        sum(d.orders) AS orders,
        sum(d.unidentified_orders) AS unidentified_orders,
        sum(d.guest_orders) AS guest_orders,
        sum(d.revenue) AS revenue,
        sum(d.unidentified_revenue) AS unidentified_revenue
    FROM channel_days AS d
    GROUP BY CAST(date_trunc('month', d.day) AS DATE), d.channel
)

SELECT
    m.month,
    m.channel,
    CAST(m.orders AS BIGINT) AS orders,
    CAST(m.orders - m.unidentified_orders AS BIGINT) AS identified_orders,
    CAST(m.guest_orders AS BIGINT) AS guest_orders,
    CAST(coalesce(k.orders, 0) AS BIGINT) AS linked_orders,
    CAST(m.revenue AS DOUBLE) AS revenue,
    CAST(m.revenue - m.unidentified_revenue AS DOUBLE) AS identified_revenue
FROM months AS m
LEFT JOIN linked AS k ON k.month = m.month AND k.channel = m.channel
ORDER BY month, channel
