-- grain: one row per total that two ways of counting must agree on
-- parameters: $as_of
-- Each is counted in the files as they lie there: once in the order lines that were published, or the lines of sale and
-- refund made of them, and once in what was patched.
WITH void AS (
    SELECT l.order_id
    FROM stg_order_lines AS l
    WHERE l.day <= $as_of
    GROUP BY l.order_id
    HAVING
        count(*) FILTER (WHERE coalesce(l.status, 'sale') IN ('sale', 'exchange')) = 0
        AND count(*) FILTER (WHERE l.status <> 'refund') > 0
),

published AS (
    SELECT count(*) AS lines, sum(l.net_amount) AS revenue
    FROM stg_order_lines AS l
    WHERE
        l.day <= $as_of
        AND coalesce(l.status, 'sale') IN ('sale', 'refund')
        AND (
            coalesce(l.original_order_id, l.order_id) NOT IN (SELECT v.order_id FROM void AS v)
            OR l.quantity > 0 AND coalesce(l.status, 'sale') = 'sale' AND l.net_amount + coalesce(l.discount, 0) > 0
        )
),

lines AS (
    SELECT
        count(*) AS lines,
        sum(l.revenue) AS revenue,
        sum(l.revenue) FILTER (WHERE l.account_id IS NOT NULL AND l.customer_id IS NOT NULL) AS of_persons
    FROM int_sale_lines AS l
),

bought AS (
    SELECT sum(p.revenue) AS revenue FROM purchases AS p
)

SELECT 'lines' AS total, CAST(p.lines AS DOUBLE) AS expected, CAST(l.lines AS DOUBLE) AS patched
FROM published AS p, lines AS l
UNION ALL
SELECT 'revenue' AS total, p.revenue AS expected, l.revenue AS patched FROM published AS p, lines AS l
UNION ALL
SELECT 'demand_days' AS total, l.revenue AS expected, (SELECT sum(d.revenue) FROM demand_days AS d) AS patched
FROM lines AS l
UNION ALL
SELECT 'trading_days' AS total, l.revenue AS expected, (SELECT sum(d.revenue) FROM trading_days AS d) AS patched
FROM lines AS l
UNION ALL
SELECT 'accounts' AS total, l.of_persons AS expected, (SELECT sum(a.revenue) FROM accounts AS a) AS patched
FROM lines AS l
UNION ALL
SELECT
    'purchases' AS total,
    (SELECT sum(p.revenue) FROM purchase_parts AS p) AS expected,
    b.revenue AS patched
FROM bought AS b
UNION ALL
SELECT
    'customer_history' AS total,
    b.revenue AS expected,
    (SELECT sum(h.revenue) FROM customer_history AS h) AS patched
FROM bought AS b
