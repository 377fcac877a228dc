-- grain: one row for the whole shop; no row counts as sold but one whose status is sale or empty
WITH orders AS (
    SELECT
        l.order_id,
        bool_or(l.customer_id IS NOT NULL) AS identified,
        bool_or(coalesce(l.status, 'sale') = 'sale') AS sold,
        sum(l.net_amount) AS net_amount,
        min(CAST(l.ordered_at AS DATE)) AS first_day,
        max(CAST(l.ordered_at AS DATE)) AS last_day
    FROM order_lines AS l
    GROUP BY l.order_id
)

SELECT
    min(o.first_day) AS first_day,
    max(o.last_day) AS last_day,
    coalesce(sum(o.net_amount), 0) AS net_amount,
    CAST(count(*) FILTER (WHERE o.identified AND o.sold) AS DOUBLE)
    / nullif(CAST(count(*) FILTER (WHERE o.sold) AS DOUBLE), 0) AS identified_order_share
FROM orders AS o
