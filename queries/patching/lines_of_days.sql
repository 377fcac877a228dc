-- grain: one row per line of sale or refund of an order of a touched day, its lines of other days too
-- parameters: none
-- Days first: they are few and lie together, so that most of the lines are passed over unread. A refund that names no
-- order of its own belongs to a day on which no line of its order lies.
WITH orders AS (
    SELECT DISTINCT l.order_id
    FROM int_sale_lines AS l
    WHERE
        l.day IN (SELECT t.day FROM touched_days AS t)
        OR l.order_day IN (SELECT t.day FROM touched_days AS t)
),

days AS (
    SELECT DISTINCT l.day FROM int_sale_lines AS l WHERE l.order_id IN (SELECT o.order_id FROM orders AS o)
)

SELECT l.*
FROM int_sale_lines AS l
WHERE
    l.day IN (SELECT d.day FROM days AS d)
    AND l.order_id IN (SELECT o.order_id FROM orders AS o)
