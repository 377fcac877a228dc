-- grain: one row per day on which money went back that names neither an order of the shop nor a buyer
-- parameters: none
-- scope: none
-- patched by: day
-- It belongs to no customer's history; the buying job lowers the shop's mean purchase by its share. An order of
-- the shop has its sale and its refunds on one `order_day`, so its sale is seen wherever its refunds are.
WITH refunds AS (
    SELECT
        l.order_id,
        l.day,
        l.revenue,
        l.margin
    FROM int_sale_lines AS l
    WHERE NOT l.is_sale AND l.customer_id IS NULL AND l.revenue < 0
),

sold AS (
    SELECT DISTINCT l.order_id
    FROM int_sale_lines AS l
    WHERE l.is_sale AND l.order_id IN (SELECT r.order_id FROM refunds AS r)
)

SELECT
    r.day,
    CAST(count(*) AS BIGINT) AS lines,
    CAST(sum(r.revenue) AS DOUBLE) AS revenue,
    CAST(sum(r.margin) AS DOUBLE) AS margin
FROM refunds AS r
LEFT JOIN sold AS s ON s.order_id = r.order_id
WHERE s.order_id IS NULL
GROUP BY r.day
ORDER BY r.day
