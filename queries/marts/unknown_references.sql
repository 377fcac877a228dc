-- grain: one row per kind (sku, region) and value of order lines that its table does not list, the 10,000 of each kind
--   that bring most
-- parameters: none
-- after: items, sales_mix
-- scope: none
-- Only where the table was brought. A line without a region refers to none. `all_*` count by kind those that are not
-- listed too. What is unknown is looked for in marts first: where nothing is, no line is read.
WITH unknown_skus AS (
    SELECT i.sku FROM items AS i WHERE NOT i.described AND EXISTS (SELECT 1 AS one FROM products AS p)
),

unknown_regions AS (
    SELECT DISTINCT m.region
    FROM sales_mix AS m
    WHERE
        m.region <> '(none)'
        AND m.region NOT IN (SELECT r.region FROM regions AS r)
        AND EXISTS (SELECT 1 AS one FROM regions AS r)
),

named AS (
    SELECT 'sku' AS kind, l.sku AS value, l.day, l.revenue
    FROM int_sale_lines AS l
    WHERE l.sku IN (SELECT u.sku FROM unknown_skus AS u)
    UNION ALL
    SELECT 'region' AS kind, l.region AS value, l.day, l.revenue
    FROM int_sale_lines AS l
    WHERE l.region IN (SELECT u.region FROM unknown_regions AS u)
),

summed AS (
    SELECT
        n.kind,
        n.value,
        count(*) AS lines,
        sum(abs(n.revenue)) AS amount,
        min(n.day) AS first_day,
        max(n.day) AS last_day
    FROM named AS n
    GROUP BY n.kind, n.value
),

counted AS (
    SELECT
        s.kind,
        s.value,
        CAST(s.lines AS BIGINT) AS lines,
        CAST(s.amount AS DOUBLE) AS amount,
        s.first_day,
        s.last_day,
        CAST(count(*) OVER (PARTITION BY s.kind) AS BIGINT) AS all_values,
        CAST(sum(s.lines) OVER (PARTITION BY s.kind) AS BIGINT) AS all_lines,
        CAST(sum(s.amount) OVER (PARTITION BY s.kind) AS DOUBLE) AS all_amount,
        row_number() OVER (PARTITION BY s.kind ORDER BY s.amount DESC, s.value) AS place
    FROM summed AS s
)

SELECT
    c.kind,
    c.value,
    c.lines,
    c.amount,
    c.first_day,
    c.last_day,
    c.all_values,
    c.all_lines,
    c.all_amount
FROM counted AS c
WHERE c.place <= 10000
ORDER BY c.kind, c.place
