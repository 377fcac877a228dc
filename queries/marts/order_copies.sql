-- grain: one row per order that equals an earlier number in all but the number
-- parameters: none
-- scope: none
-- patched by: day
-- Same customer, same time, same sale lines. Of orders without a customer only those count whose time has an hour and
-- that have two lines or more: two strangers who buy one thing are no copy. Rounded to cents, because sums of fractions
-- depend on their order.
WITH times AS (
    SELECT l.ordered_at
    FROM int_sale_lines AS l
    WHERE l.is_sale
    GROUP BY l.ordered_at
    HAVING min(l.order_id) < max(l.order_id)
),

orders AS (
    SELECT
        l.order_id,
        min(l.ordered_at) AS ordered_at,
        coalesce(max(l.customer_id), '') AS customer_id,
        min(l.channel) AS channel,
        count(*) AS lines,
        sum(l.quantity) AS units,
        round(sum(l.revenue), 2) AS revenue,
        min(l.sku) AS low_sku,
        max(l.sku) AS high_sku
    FROM int_sale_lines AS l
    WHERE
        l.is_sale
        AND l.order_id IN (
            SELECT s.order_id
            FROM int_sale_lines AS s
            WHERE s.is_sale AND s.ordered_at IN (SELECT t.ordered_at FROM times AS t)
        )
    GROUP BY l.order_id
),

alike AS (
    SELECT
        o.ordered_at,
        o.customer_id,
        o.lines,
        o.units,
        o.revenue,
        o.low_sku,
        o.high_sku,
        min(o.order_id) AS equals_order
    FROM orders AS o
    WHERE o.customer_id <> '' OR (o.lines > 1 AND o.ordered_at > CAST(CAST(o.ordered_at AS DATE) AS TIMESTAMP))
    GROUP BY o.ordered_at, o.customer_id, o.lines, o.units, o.revenue, o.low_sku, o.high_sku
    HAVING count(*) > 1
),

candidates AS (
    SELECT
        o.order_id,
        a.equals_order,
        CAST(o.ordered_at AS DATE) AS day,
        o.channel,
        o.lines,
        o.revenue
    FROM orders AS o
    INNER JOIN alike AS a
        ON
            a.ordered_at = o.ordered_at
            AND a.customer_id = o.customer_id
            AND a.lines = o.lines
            AND a.units = o.units
            AND a.revenue = o.revenue
            AND a.low_sku = o.low_sku
            AND a.high_sku = o.high_sku
),

contents AS (
    SELECT
        l.order_id,
        l.sku,
        l.quantity,
        round(l.revenue, 2) AS revenue,
        count(*) AS lines
    FROM int_sale_lines AS l
    WHERE l.is_sale AND l.order_id IN (SELECT c.order_id FROM candidates AS c)
    GROUP BY l.order_id, l.sku, l.quantity, round(l.revenue, 2)
),

copies AS (
    SELECT c.order_id
    FROM candidates AS c
    INNER JOIN contents AS own ON own.order_id = c.order_id
    LEFT JOIN contents AS other
        ON
            other.order_id = c.equals_order
            AND other.sku = own.sku
            AND other.quantity = own.quantity
            AND other.revenue = own.revenue
            AND other.lines = own.lines
    WHERE c.order_id <> c.equals_order
    GROUP BY c.order_id
    HAVING count(*) = count(other.order_id)
)

SELECT
    c.order_id,
    c.equals_order,
    c.day,
    c.channel,
    CAST(c.lines AS BIGINT) AS lines,
    CAST(c.revenue AS DOUBLE) AS amount
FROM candidates AS c
INNER JOIN copies AS k ON k.order_id = c.order_id
ORDER BY c.day, c.order_id
