-- grain: one row per line of sale or refund of a touched order, as it was before
-- parameters: none
-- Days first: they are few and lie together, so that most of the lines are passed over unread.
WITH days AS (
    SELECT min(b.day) AS first_day, max(b.day) AS last_day
    FROM before_sale_lines AS b
    WHERE b.order_id IN (SELECT t.order_id FROM touched_orders AS t)
)

SELECT b.*
FROM before_sale_lines AS b
WHERE
    b.day >= (SELECT d.first_day FROM days AS d)
    AND b.day <= (SELECT d.last_day FROM days AS d)
    AND b.order_id IN (SELECT t.order_id FROM touched_orders AS t)
