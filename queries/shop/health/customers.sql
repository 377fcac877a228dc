-- grain: one row per customer with over 1 % of all orders of known customers, in shops with 1,000 orders and 100 customers
-- parameters: none
-- `high_orders`: the 99.9th percentile of orders per customer, of customers with 1 % of the orders at most.
WITH whole AS (
    SELECT CAST(sum(h.orders) AS BIGINT) AS orders, count(*) AS customers FROM customer_history AS h
),

others AS (
    SELECT CAST(percentile_disc(0.999) WITHIN GROUP (ORDER BY h.orders) AS BIGINT) AS high_orders
    FROM customer_history AS h
    CROSS JOIN whole AS w
    WHERE h.orders <= 0.01 * w.orders
)

SELECT
    h.customer_id,
    CAST(h.orders AS BIGINT) AS orders,
    CAST(h.orders AS DOUBLE) / w.orders AS share,
    o.high_orders,
    h.revenue AS amount,
    h.first_day,
    h.last_day
FROM customer_history AS h
CROSS JOIN whole AS w
CROSS JOIN others AS o
WHERE w.orders >= 1000 AND w.customers >= 100 AND h.orders > 0.01 * w.orders AND h.orders >= 20 * o.high_orders
ORDER BY h.orders DESC, h.customer_id
