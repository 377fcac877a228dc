-- grain: one row per order line that says something of a touched order
-- parameters: none
-- Its own lines, its refunds, and the lines and refunds of the orders that it refunds. Days first: they are few and lie together, so
-- that most of the lines are passed over unread.
WITH wanted AS (
    SELECT t.order_id FROM touched_orders AS t
    UNION
    SELECT l.original_order_id AS order_id
    FROM order_lines AS l
    WHERE l.original_order_id IS NOT NULL AND l.order_id IN (SELECT t.order_id FROM touched_orders AS t)
),

times AS (
    SELECT min(l.ordered_at) AS first_time, max(l.ordered_at) AS last_time
    FROM order_lines AS l
    WHERE
        l.order_id IN (SELECT w.order_id FROM wanted AS w)
        OR l.original_order_id IN (SELECT w.order_id FROM wanted AS w)
)

SELECT l.*
FROM stg_order_lines AS l
WHERE
    l.ordered_at >= (SELECT m.first_time FROM times AS m)
    AND l.ordered_at <= (SELECT m.last_time FROM times AS m)
    AND (
        l.order_id IN (SELECT w.order_id FROM wanted AS w)
        OR l.original_order_id IN (SELECT w.order_id FROM wanted AS w)
    )
