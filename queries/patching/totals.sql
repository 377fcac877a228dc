-- grain: one row per total that two ways of counting must agree on
-- parameters: $as_of
-- Each is counted in the files as they lie there: once in the order lines that were published, or the lines of sale and
-- refund made of them, and once in what was patched. A line has a person where it has an account.
WITH going_back AS (
    SELECT
        coalesce(l.original_order_id, l.order_id) AS order_id,
        l.net_amount
    FROM stg_order_lines AS l
    WHERE
        l.day <= $as_of
        AND coalesce(l.status, 'sale') IN ('sale', 'refund')
        AND NOT (
            coalesce(l.status, 'sale') = 'sale' AND l.quantity > 0 AND l.net_amount + coalesce(l.discount, 0) > 0
        )
),

-- Few orders hold a line that is neither sale nor refund, and few of these had anything given back.
suspected AS (
    SELECT DISTINCT l.order_id
    FROM stg_order_lines AS l
    WHERE
        l.day <= $as_of
        AND l.status NOT IN ('sale', 'exchange', 'refund')
        AND l.order_id IN (SELECT g.order_id FROM going_back AS g)
),

bringing AS (
    SELECT l.order_id
    FROM stg_order_lines AS l
    WHERE
        l.day <= $as_of
        AND coalesce(l.status, 'sale') IN ('sale', 'exchange')
        AND l.order_id IN (SELECT s.order_id FROM suspected AS s)
),

void AS (
    SELECT count(*) AS lines, coalesce(sum(g.net_amount), 0) AS revenue
    FROM going_back AS g
    WHERE
        g.order_id IN (SELECT s.order_id FROM suspected AS s)
        AND g.order_id NOT IN (SELECT b.order_id FROM bringing AS b)
),

every AS (
    SELECT count(*) AS lines, sum(l.net_amount) AS revenue
    FROM stg_order_lines AS l
    WHERE l.day <= $as_of AND coalesce(l.status, 'sale') IN ('sale', 'refund')
),

published AS (
    SELECT e.lines - v.lines AS lines, e.revenue - v.revenue AS revenue FROM every AS e CROSS JOIN void AS v
),

lines AS (
    SELECT
        count(*) AS lines,
        sum(l.revenue) AS revenue,
        sum(l.revenue) FILTER (WHERE l.customer_id IS NOT NULL) AS of_persons
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
