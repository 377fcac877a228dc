-- grain: one row per order and day of which more was given back than the order brought, or that has no sale here
-- parameters: none
-- scope: none
-- patched by: day
-- A refund of an order with a sale bears the day of that order; one without stands on its own, with its own
-- number and day. Refunds of orders that brought nothing (cancelled, staff, gift, sell-in) take nothing away and are not
-- here. Rounded to cents, because sums of fractions depend on their order.
WITH refunded AS (
    SELECT l.order_id
    FROM int_sale_lines AS l
    WHERE NOT l.is_sale AND l.revenue < 0
    GROUP BY l.order_id
),

orders AS (
    SELECT
        l.order_id,
        bool_or(l.is_sale) AS has_sale,
        min(l.order_day) AS day
    FROM int_sale_lines AS l
    WHERE l.order_id IN (SELECT r.order_id FROM refunded AS r)
    GROUP BY l.order_id
),

days AS (
    SELECT
        l.order_id,
        CASE WHEN o.has_sale THEN o.day ELSE l.day END AS day,
        o.has_sale,
        min(l.channel) AS channel,
        count(*) FILTER (WHERE l.revenue < 0) AS lines,
        round(coalesce(sum(l.revenue) FILTER (WHERE l.revenue > 0), 0), 2) AS sold,
        round(coalesce(-sum(l.revenue) FILTER (WHERE l.revenue < 0), 0), 2) AS given_back,
        round(-sum(l.revenue), 2) AS amount
    FROM int_sale_lines AS l
    INNER JOIN orders AS o ON o.order_id = l.order_id
    GROUP BY l.order_id, CASE WHEN o.has_sale THEN o.day ELSE l.day END, o.has_sale
)

SELECT
    d.order_id,
    d.day,
    d.has_sale,
    d.channel,
    CAST(d.lines AS BIGINT) AS lines,
    CAST(d.sold AS DOUBLE) AS sold,
    CAST(d.given_back AS DOUBLE) AS given_back,
    CAST(d.amount AS DOUBLE) AS amount
FROM days AS d
WHERE d.amount > 0.01
ORDER BY d.day, d.order_id
