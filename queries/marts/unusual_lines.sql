-- grain: one row per rule (price, quantity) and sale line that breaks it, the 10,000 of each rule that bend most
-- parameters: none
-- scope: none
-- Price: net price per unit at least 7 times the item's median or at most a seventh of it, of items with 20 lines or
-- more; lines that brought nothing are no price. Quantity: at least 100 units, above the 99.9th percentile of all lines
-- and 100 times the item's median, of items with 20 lines or more; of others 20 times that percentile; in shops with 1,000
-- lines or more. `amount`: how far the line is from the usual price; for a quantity all that the line brought.
-- `all_lines` and `all_amount` count by rule those that are not listed too.
-- Few items can have such lines: those whose dearest line is seven times the cheapest, or with as large a quantity. A lower
-- bound of 6.99 leaves no item out by rounding. Only the lines of these are looked at one by one.
WITH kinds AS (
    SELECT
        l.sku,
        l.quantity,
        count(*) AS lines,
        min(l.revenue / l.quantity) FILTER (WHERE l.revenue > 0) AS low_price,
        max(l.revenue / l.quantity) FILTER (WHERE l.revenue > 0) AS high_price
    FROM int_sale_lines AS l
    WHERE l.is_sale
    GROUP BY l.sku, l.quantity
),

running AS (
    SELECT
        q.quantity,
        sum(q.lines) OVER (ORDER BY q.quantity) AS so_far,
        sum(q.lines) OVER () AS lines
    FROM (SELECT k.quantity, sum(k.lines) AS lines FROM kinds AS k GROUP BY k.quantity) AS q
),

whole AS (
    SELECT
        max(r.lines) AS lines,
        CAST(min(r.quantity) FILTER (WHERE 1000 * r.so_far >= 999 * r.lines) AS DOUBLE) AS high_quantity
    FROM running AS r
),

suspects AS (
    SELECT k.sku
    FROM kinds AS k
    CROSS JOIN whole AS w
    GROUP BY k.sku
    HAVING
        max(k.high_price) >= 6.99 * min(k.low_price)
        OR (max(k.quantity) >= 100 AND max(k.quantity) > max(w.high_quantity))
),

sold AS (
    SELECT
        l.order_id,
        l.day,
        l.sku,
        l.quantity,
        l.revenue,
        CASE WHEN l.revenue > 0 THEN l.revenue / l.quantity END AS unit_price
    FROM int_sale_lines AS l
    WHERE l.is_sale AND l.sku IN (SELECT s.sku FROM suspects AS s)
),

usual AS (
    SELECT
        s.sku,
        count(*) AS lines,
        count(s.unit_price) AS priced_lines,
        CAST(median(s.unit_price) AS DOUBLE) AS unit_price,
        CAST(median(s.quantity) AS DOUBLE) AS quantity
    FROM sold AS s
    GROUP BY s.sku
),

unusual AS (
    SELECT
        'price' AS rule,
        s.order_id,
        s.day,
        s.sku,
        s.quantity,
        s.revenue,
        s.unit_price,
        u.unit_price AS usual,
        abs(s.revenue - u.unit_price * s.quantity) AS amount
    FROM sold AS s
    INNER JOIN usual AS u ON u.sku = s.sku
    WHERE u.priced_lines >= 20 AND (s.unit_price >= 7 * u.unit_price OR s.unit_price <= u.unit_price / 7)
    UNION ALL
    SELECT
        'quantity' AS rule,
        s.order_id,
        s.day,
        s.sku,
        s.quantity,
        s.revenue,
        s.unit_price,
        u.quantity AS usual,
        s.revenue AS amount
    FROM sold AS s
    INNER JOIN usual AS u ON u.sku = s.sku
    CROSS JOIN whole AS w
    WHERE
        w.lines >= 1000
        AND s.quantity >= 100
        AND s.quantity > w.high_quantity
        AND s.quantity >= CASE WHEN u.lines >= 20 THEN 100 * u.quantity ELSE 20 * w.high_quantity END
),

counted AS (
    SELECT
        n.rule,
        n.order_id,
        n.day,
        n.sku,
        n.quantity,
        CAST(n.revenue AS DOUBLE) AS revenue,
        CAST(n.unit_price AS DOUBLE) AS unit_price,
        CAST(n.usual AS DOUBLE) AS usual,
        CAST(n.amount AS DOUBLE) AS amount,
        CAST(count(*) OVER (PARTITION BY n.rule) AS BIGINT) AS all_lines,
        CAST(sum(n.amount) OVER (PARTITION BY n.rule) AS DOUBLE) AS all_amount,
        row_number() OVER (
            PARTITION BY n.rule ORDER BY n.amount DESC, n.order_id, n.sku, n.day, n.quantity, n.revenue
        ) AS place
    FROM unusual AS n
)

SELECT
    c.rule,
    c.order_id,
    c.day,
    c.sku,
    CAST(c.quantity AS DOUBLE) AS quantity,
    c.revenue,
    c.unit_price,
    c.usual,
    c.amount,
    c.all_lines,
    c.all_amount
FROM counted AS c
WHERE c.place <= 10000
ORDER BY c.rule, c.place
