-- grain: one row per order that equals an earlier number in all but the number, the 10,000 that bring most
-- parameters: none
-- after: order_copies
-- scope: none
-- `all_orders` and `all_amount` count those that are not listed too.
WITH counted AS (
    SELECT
        c.order_id,
        c.equals_order,
        c.day,
        c.channel,
        c.lines,
        c.amount,
        CAST(count(*) OVER () AS BIGINT) AS all_orders,
        CAST(sum(c.amount) OVER () AS DOUBLE) AS all_amount,
        row_number() OVER (ORDER BY c.amount DESC, c.order_id) AS place
    FROM order_copies AS c
)

SELECT
    c.order_id,
    c.equals_order,
    c.day,
    c.channel,
    c.lines,
    c.amount,
    c.all_orders,
    c.all_amount
FROM counted AS c
WHERE c.place <= 10000
ORDER BY c.place
