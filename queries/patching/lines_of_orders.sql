-- grain: one row per order line that says something of a touched order
-- parameters: none
-- Its own lines, its refunds, and the lines and refunds of the orders that it refunds. Times first: they are few and lie
-- together, so that most of the lines are passed over unread.
WITH wanted AS (
    SELECT t.order_id FROM touched_orders AS t
    UNION
    SELECT l.original_order_id AS order_id
    FROM order_lines AS l
    WHERE l.original_order_id IS NOT NULL AND l.order_id IN (SELECT t.order_id FROM touched_orders AS t)
),

times AS (
    SELECT DISTINCT l.ordered_at
    FROM order_lines AS l
    WHERE
        l.order_id IN (SELECT w.order_id FROM wanted AS w)
        OR l.original_order_id IN (SELECT w.order_id FROM wanted AS w)
)

SELECT l.*
FROM stg_order_lines AS l
WHERE
    l.ordered_at IN (SELECT m.ordered_at FROM times AS m)
    AND (
        l.order_id IN (SELECT w.order_id FROM wanted AS w)
        OR l.original_order_id IN (SELECT w.order_id FROM wanted AS w)
    )
