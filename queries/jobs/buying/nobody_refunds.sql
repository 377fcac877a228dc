-- grain: one row: the share of all that was sold that went back without an order or a buyer
-- parameters: $value
-- What was sold is net of the refunds of known orders and buyers. NULL where nothing was sold, or no cost is known.
WITH refunds AS (
    SELECT sum(CASE $value WHEN 'margin' THEN r.margin ELSE r.revenue END) AS amount
    FROM nobody_refunds AS r
),

sales AS (
    SELECT sum(CASE $value WHEN 'margin' THEN d.margin ELSE d.revenue END) AS amount
    FROM demand_days AS d
)

SELECT (0 - coalesce(r.amount, 0)) / nullif(s.amount - coalesce(r.amount, 0), 0) AS refunded
FROM refunds AS r
CROSS JOIN sales AS s
