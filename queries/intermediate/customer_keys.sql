-- grain: one row per customer who ever bought
-- parameters: none
-- after: sale_lines
-- Who was there before keeps the number that he had: see queries/patching/customer_keys.sql.
SELECT
    b.customer_id,
    CAST(row_number() OVER (ORDER BY b.customer_id) AS INTEGER) AS customer_key
FROM (SELECT DISTINCT l.customer_id FROM int_sale_lines AS l WHERE l.is_sale AND l.customer_id IS NOT NULL) AS b
