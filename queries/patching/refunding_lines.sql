-- grain: one row per order and order that one of its lines names as its original
-- parameters: none
SELECT DISTINCT
    l.order_id,
    l.original_order_id
FROM order_lines AS l
WHERE l.original_order_id IS NOT NULL
