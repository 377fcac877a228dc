-- grain: one row per line of sale or refund of an order of a touched day, its lines of other days too
-- parameters: none
SELECT l.*
FROM int_sale_lines AS l
WHERE
    l.order_id IN (
        SELECT d.order_id FROM int_sale_lines AS d WHERE d.day IN (SELECT t.day FROM touched_days AS t)
    )
