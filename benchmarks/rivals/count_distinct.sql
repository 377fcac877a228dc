-- grain: one row per cohort month and age; the way that tutorials show it
-- parameters: $files
WITH sales AS (
    SELECT l.customer_id, date_trunc('month', l.ordered_at)::DATE AS month
    FROM read_parquet($files) AS l
    WHERE l.customer_id IS NOT NULL AND l.quantity > 0 AND l.net_amount > 0 AND coalesce(l.status, 'sale') = 'sale'
),

firsts AS (
    SELECT customer_id, min(month) AS cohort FROM sales GROUP BY customer_id
)

SELECT f.cohort, date_diff('month', f.cohort, s.month) AS age, count(DISTINCT s.customer_id) AS customers
FROM sales AS s
INNER JOIN firsts AS f USING (customer_id)
GROUP BY ALL
ORDER BY ALL
