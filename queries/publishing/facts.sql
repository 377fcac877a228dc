-- grain: one row for the whole shop; no row counts as sold but a sale line: sold, with units and a price above 0
-- The last day is the last one with a sale or a stock count: refunds that come after it do not move it. Where neither
-- is there, it is the last day of any line.
WITH lines AS (
    SELECT
        l.order_id,
        coalesce(l.customer_id, l.account_id) IS NOT NULL AS identified,
        coalesce(l.status, 'sale') = 'sale'
        AND l.quantity > 0
        AND l.net_amount + coalesce(l.discount, 0) > 0 AS is_sale,
        l.net_amount,
        CAST(l.ordered_at AS DATE) AS day
    FROM order_lines AS l
),

orders AS (
    SELECT
        l.order_id,
        bool_or(l.identified) AS identified,
        bool_or(l.is_sale) AS sold,
        sum(l.net_amount) AS net_amount,
        max(l.day) FILTER (WHERE l.is_sale) AS last_sale_day,
        min(l.day) AS first_day,
        max(l.day) AS last_day
    FROM lines AS l
    GROUP BY l.order_id
),

sale_days AS (
    SELECT o.last_sale_day AS day, o.last_sale_day - lag(o.last_sale_day) OVER (ORDER BY o.last_sale_day) AS days_since
    FROM orders AS o
    WHERE o.last_sale_day IS NOT NULL
    GROUP BY o.last_sale_day
),

pace AS (
    SELECT max(s.day) AS last_sale_day FROM sale_days AS s
)

SELECT
    min(o.first_day) AS first_day,
    coalesce(
        greatest(max(o.last_sale_day), (SELECT max(k.day) FROM stock_snapshots AS k)), max(o.last_day)
    ) AS last_day,
    (SELECT p.last_sale_day FROM pace AS p) AS last_sale_day,
    max(o.last_day) AS last_line_day,
    CAST((
        SELECT max(s.days_since) FROM sale_days AS s, pace AS p WHERE s.day > p.last_sale_day - 91
    ) AS BIGINT) AS longest_days_between_sales,
    coalesce(sum(o.net_amount), 0) AS net_amount,
    CAST(count(*) FILTER (WHERE o.identified AND o.sold) AS DOUBLE)
    / nullif(CAST(count(*) FILTER (WHERE o.sold) AS DOUBLE), 0) AS identified_order_share
FROM orders AS o
