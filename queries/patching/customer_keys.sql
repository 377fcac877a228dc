-- grain: one row per touched customer who ever bought
-- parameters: none
-- Who ever had a number keeps it, and nobody else gets it: files of earlier publications name customers by it.
WITH taken AS (
    SELECT b.customer_id, b.customer_key FROM before_first_purchases AS b
    UNION
    SELECT t.customer_id, t.customer_key FROM before_touched_customers AS t WHERE t.customer_key IS NOT NULL
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
        coalesce(n.customer_key, n.place + (SELECT coalesce(max(k.customer_key), 0) FROM taken AS k)) AS INTEGER
    ) AS customer_key
FROM numbered AS n
