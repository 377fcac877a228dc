-- grain: one row per line of sale or refund of a touched order, as it was before
-- parameters: none
-- Days first: they are few and lie together, so that most of the lines are passed over unread.
WITH days AS (
    SELECT DISTINCT b.day
    FROM before_sale_lines AS b
    WHERE b.order_id IN (SELECT t.order_id FROM touched_orders AS t)
)

SELECT b.*
FROM before_sale_lines AS b
WHERE
    b.day IN (SELECT d.day FROM days AS d)
    AND b.order_id IN (SELECT t.order_id FROM touched_orders AS t)
