-- grain: one row per day on which anything may differ from before, whoever bought
-- parameters: $as_of_before, $as_of
WITH sold AS (
    SELECT
        n.order_id, n.day, n.order_day, n.ordered_at, n.account_id, n.sku, n.channel, n.region, n.location, n.category, n.quantity,
        n.revenue, n.margin, n.is_sale, n.customer_id IS NULL AS unidentified
    FROM touched_lines AS n
),

sold_before AS (
    SELECT
        b.order_id, b.day, b.order_day, b.ordered_at, b.account_id, b.sku, b.channel, b.region, b.location, b.category, b.quantity,
        b.revenue, b.margin, b.is_sale, b.customer_id IS NULL AS unidentified
    FROM before_lines AS b
),

differing AS (
    (SELECT s.* FROM sold AS s EXCEPT ALL SELECT b.* FROM sold_before AS b)
    UNION ALL
    (SELECT b.* FROM sold_before AS b EXCEPT ALL SELECT s.* FROM sold AS s)
),

-- Orders are each other's copies by who bought, too: those that are or were of persons who are others now.
bought_at_once AS (
    SELECT CAST(min(l.ordered_at) AS DATE) AS day
    FROM lines_of_customers AS l
    WHERE l.is_sale AND l.customer_id IN (SELECT a.person_id FROM changed_accounts AS a)
    GROUP BY l.customer_id, l.ordered_at
    HAVING min(l.order_id) < max(l.order_id)
),

-- What nobody described takes its category from its lines, and may take another one from a new line.
recategorised AS (
    SELECT n.sku
    FROM items AS n
    INNER JOIN before_items AS b ON b.sku = n.sku
    WHERE n.category <> b.category
),

copied AS (
    SELECT c.day
    FROM before_order_copies AS c
    WHERE
        c.order_id IN (SELECT t.order_id FROM touched_orders AS t)
        OR c.equals_order IN (SELECT t.order_id FROM touched_orders AS t)
)

SELECT d.day FROM differing AS d
UNION
SELECT d.order_day AS day FROM differing AS d
UNION
SELECT b.day FROM bought_at_once AS b
UNION
SELECT c.day FROM copied AS c
UNION
SELECT l.day FROM int_sale_lines AS l WHERE l.sku IN (SELECT r.sku FROM recategorised AS r)
UNION
SELECT CAST(c.ordered_at AS DATE) AS day FROM changed_lines AS c
UNION
SELECT l.day
FROM stg_order_lines AS l
WHERE l.day > least($as_of_before, $as_of) AND l.day <= greatest($as_of_before, $as_of)
