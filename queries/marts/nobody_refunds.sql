-- grain: one row per day on which money went back that names neither an order of the shop nor a buyer
-- parameters: none
-- scope: none
-- patched by: day
-- It belongs to no customer's history; the buying job lowers the shop's mean purchase by its share.
WITH orders AS (
    SELECT
        l.order_id,
        min(l.day) AS day,
        bool_or(l.is_sale OR l.customer_id IS NOT NULL) AS attributed,
        sum(l.revenue) AS revenue,
        sum(l.margin) AS margin
    FROM int_sale_lines AS l
    GROUP BY l.order_id
)

SELECT
    o.day,
    CAST(count(*) AS BIGINT) AS refunds,
    CAST(sum(o.revenue) AS DOUBLE) AS revenue,
    CAST(sum(o.margin) AS DOUBLE) AS margin
FROM orders AS o
WHERE NOT o.attributed AND o.revenue < 0
GROUP BY o.day
ORDER BY day
