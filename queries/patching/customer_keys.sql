-- grain: one row per touched customer who ever bought
-- parameters: none
-- Who ever had a number keeps it, and nobody else gets it: files of earlier publications name customers by it.
WITH taken AS (
    SELECT b.customer_id, b.customer_key
    FROM before_first_purchases AS b
    WHERE b.customer_id IN (SELECT c.customer_id FROM touched_customers AS c)
    UNION
    SELECT t.customer_id, t.customer_key
    FROM before_touched_customers AS t
    WHERE t.customer_key IS NOT NULL AND t.customer_id IN (SELECT c.customer_id FROM touched_customers AS c)
),

highest AS (
    SELECT greatest(
        (SELECT coalesce(max(b.customer_key), 0) FROM before_first_purchases AS b),
        (SELECT coalesce(max(t.customer_key), 0) FROM before_touched_customers AS t)
    ) AS customer_key
),

buyers AS (
    SELECT DISTINCT l.customer_id FROM int_sale_lines AS l WHERE l.is_sale AND l.customer_id IS NOT NULL
),

numbered AS (
    SELECT
        b.customer_id,
        t.customer_key,
        row_number() OVER (PARTITION BY t.customer_key IS NULL ORDER BY b.customer_id) AS place
    FROM buyers AS b
    LEFT JOIN taken AS t ON t.customer_id = b.customer_id
)

SELECT
    n.customer_id,
    CAST(
        coalesce(n.customer_key, n.place + (SELECT h.customer_key FROM highest AS h)) AS INTEGER
    ) AS customer_key
FROM numbered AS n
