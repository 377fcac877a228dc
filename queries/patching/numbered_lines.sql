-- grain: one row per line of sale or refund of a touched order, as it was before
-- parameters: none
-- With its place in the file of the step, if it lies there. Days first: such a line lay on the day of an order line that is there now or went, and so most need not be read.
WITH days AS (
    SELECT CAST(n.ordered_at AS DATE) AS day FROM lines_of_orders AS n
    UNION
    SELECT CAST(c.ordered_at AS DATE) AS day FROM changed_lines AS c
)

SELECT b.*
FROM before_sale_lines AS b
WHERE
    b.day IN (SELECT d.day FROM days AS d)
    AND b.order_id IN (SELECT t.order_id FROM touched_orders AS t)
