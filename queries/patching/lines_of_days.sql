-- grain: one row per line of sale or refund of an order of a touched day, its lines of other days too
-- parameters: none
-- All lines of an order that was sold bear the day of its first sale, whatever day they are of: so they are found by that
-- day, without their order's number. Of what was only given back, each line stands alone.
WITH order_days AS (
    SELECT t.day FROM touched_days AS t
    UNION
    SELECT l.order_day AS day FROM int_sale_lines AS l WHERE l.day IN (SELECT t.day FROM touched_days AS t)
)

SELECT l.*
FROM int_sale_lines AS l
WHERE l.order_day IN (SELECT o.day FROM order_days AS o)
