-- grain: one row per channel and day with an order
-- parameters: none
-- scope: none
-- patched by: day
-- Data health looks here for missing days, sudden falls and orders without a customer. An order counts once, on the day
-- of its first sale line.
WITH orders AS (
    SELECT
        l.order_id,
        min(l.channel) AS channel,
        min(l.order_day) AS day,
        max(l.customer_id) AS customer_id,
        max(l.account_id) AS account_id,
        count(*) AS lines,
        sum(l.revenue) AS revenue
    FROM int_sale_lines AS l
    WHERE l.is_sale
    GROUP BY l.order_id
)

SELECT
    o.channel,
    o.day,
    CAST(count(*) AS BIGINT) AS orders,
    CAST(count(*) FILTER (WHERE o.customer_id IS NULL) AS BIGINT) AS unidentified_orders,
    CAST(count(*) FILTER (WHERE o.account_id LIKE 'phone:%' OR o.account_id LIKE 'email:%') AS BIGINT) AS guest_orders,
    CAST(sum(o.lines) AS BIGINT) AS lines,
    CAST(sum(o.revenue) AS DOUBLE) AS revenue,
    CAST(coalesce(sum(o.revenue) FILTER (WHERE o.customer_id IS NULL), 0) AS DOUBLE) AS unidentified_revenue
FROM orders AS o
GROUP BY o.channel, o.day
ORDER BY channel, day
