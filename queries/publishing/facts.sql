-- grain: one row for the whole shop; no row counts as sold but a sale line: sold, with units and a price above 0
-- parameters: none
-- The last day is the last one with a sale or a stock count: refunds that come after it do not move it. Where neither
-- is there, it is the last day of any line.
WITH lines AS (
    SELECT
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale,
        l.net_amount,
        CAST(l.ordered_at AS DATE) AS day
    FROM order_lines AS l
),

whole AS (
    SELECT
        sum(l.net_amount) AS net_amount,
        max(l.day) FILTER (WHERE l.is_sale) AS last_sale_day,
        min(l.day) AS first_day,
        max(l.day) AS last_day
    FROM lines AS l
),

sale_days AS (
    SELECT l.day, l.day - lag(l.day) OVER (ORDER BY l.day) AS days_since
    FROM (SELECT DISTINCT s.day FROM lines AS s WHERE s.is_sale) AS l
)

SELECT
    w.first_day,
    coalesce(greatest(w.last_sale_day, (SELECT max(k.day) FROM stock_snapshots AS k)), w.last_day) AS last_day,
    w.last_sale_day,
    w.last_day AS last_line_day,
    CAST((SELECT max(s.days_since) FROM sale_days AS s WHERE s.day > w.last_sale_day - 91) AS BIGINT)
    AS longest_days_between_sales,
    coalesce(w.net_amount, 0) AS net_amount
FROM whole AS w
