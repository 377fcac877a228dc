-- grain: one row per set of equal lines of one order, the 10,000 sets that bring most
-- parameters: none
-- after: line_copies
-- scope: none
-- Lines of sale or refund equal in order, time, item, quantity, amount and status. `amount` is what the lines beyond the
-- first say; `all_lines` and `all_amount` count every set, those that are not listed too.
WITH counted AS (
    SELECT
        s.order_id,
        s.day,
        s.sku,
        s.quantity,
        s.net_amount,
        s.status,
        s.lines,
        CAST((s.lines - 1) * abs(s.net_amount) AS DOUBLE) AS amount,
        CAST(sum(s.lines - 1) OVER () AS BIGINT) AS all_lines,
        CAST(sum((s.lines - 1) * abs(s.net_amount)) OVER () AS DOUBLE) AS all_amount,
        row_number() OVER (
            ORDER BY (s.lines - 1) * abs(s.net_amount) DESC, s.order_id, s.ordered_at_us, s.sku, s.quantity, s.net_amount
        ) AS place
    FROM line_copies AS s
)

SELECT
    c.order_id,
    c.day,
    c.sku,
    c.quantity,
    c.net_amount,
    c.status,
    c.lines,
    c.amount,
    c.all_lines,
    c.all_amount
FROM counted AS c
WHERE c.place <= 10000
ORDER BY c.place
