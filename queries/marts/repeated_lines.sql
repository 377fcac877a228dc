-- grain: one row per set of equal lines of one order, the 10,000 sets that bring most
-- parameters: $as_of
-- scope: none
-- Lines of sale or refund equal in order, time, item, quantity, amount and status. `amount` is what the lines beyond the
-- first say; `all_lines` and `all_amount` count every set, those that are not listed too.
WITH sets AS (
    SELECT
        l.order_id,
        l.ordered_at,
        l.sku,
        l.quantity,
        CAST(l.net_amount AS DOUBLE) AS net_amount,
        coalesce(l.status, 'sale') AS status,
        CAST(count(*) AS BIGINT) AS lines
    FROM order_lines AS l
    WHERE coalesce(l.status, 'sale') IN ('sale', 'refund') AND CAST(l.ordered_at AS DATE) <= $as_of
    GROUP BY l.order_id, l.ordered_at, l.sku, l.quantity, l.net_amount, coalesce(l.status, 'sale')
    HAVING count(*) > 1
),

counted AS (
    SELECT
        s.order_id,
        CAST(s.ordered_at AS DATE) AS day,
        s.sku,
        s.quantity,
        s.net_amount,
        s.status,
        s.lines,
        CAST((s.lines - 1) * abs(s.net_amount) AS DOUBLE) AS amount,
        CAST(sum(s.lines - 1) OVER () AS BIGINT) AS all_lines,
        CAST(sum((s.lines - 1) * abs(s.net_amount)) OVER () AS DOUBLE) AS all_amount,
        row_number() OVER (
            ORDER BY (s.lines - 1) * abs(s.net_amount) DESC, s.order_id, s.ordered_at, s.sku, s.quantity, s.net_amount
        ) AS place
    FROM sets AS s
)

SELECT
    c.order_id,
    c.day,
    c.sku,
    CAST(c.quantity AS DOUBLE) AS quantity,
    c.net_amount,
    c.status,
    c.lines,
    c.amount,
    c.all_lines,
    c.all_amount
FROM counted AS c
WHERE c.place <= 10000
ORDER BY c.place
