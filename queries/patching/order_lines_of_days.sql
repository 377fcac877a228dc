-- grain: one row per order line of a touched day
-- parameters: none
SELECT l.*
FROM main.order_lines AS l
WHERE
    l.ordered_at >= (SELECT min(t.day) FROM touched_days AS t)
    AND CAST(l.ordered_at AS DATE) IN (SELECT t.day FROM touched_days AS t)
