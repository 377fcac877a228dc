-- grain: one row per person of whom anything may differ from before
-- parameters: none
WITH refunds AS (
    (SELECT n.customer_id, n.day FROM refund_days AS n EXCEPT SELECT b.customer_id, b.day FROM before_refund_days AS b)
    UNION ALL
    (SELECT b.customer_id, b.day FROM before_refund_days AS b EXCEPT SELECT n.customer_id, n.day FROM refund_days AS n)
),

contacts AS (
    (
        SELECT n.customer_id, n.contactable FROM customers AS n
        EXCEPT
        SELECT b.customer_id, b.contactable FROM before_customers AS b
    )
    UNION ALL
    (
        SELECT b.customer_id, b.contactable FROM before_customers AS b
        EXCEPT
        SELECT n.customer_id, n.contactable FROM customers AS n
    )
),

touched AS (
    SELECT d.customer_id FROM differing_lines AS d
    UNION ALL
    SELECT r.customer_id FROM refunds AS r
    UNION ALL
    SELECT coalesce(w.person_id, c.customer_id) AS customer_id
    FROM contacts AS c
    LEFT JOIN int_persons AS w ON w.account_id = c.customer_id
    UNION ALL
    SELECT a.person_before AS customer_id FROM changed_accounts AS a
    UNION ALL
    SELECT a.person_id AS customer_id FROM changed_accounts AS a
    UNION ALL
    SELECT g.account_id AS customer_id FROM forgotten AS g
    UNION ALL
    SELECT l.customer_id
    FROM int_sale_lines AS l
    WHERE l.sku IN (SELECT s.sku FROM changed_skus AS s WHERE s.is_renamed)
)

SELECT DISTINCT t.customer_id FROM touched AS t WHERE t.customer_id IS NOT NULL
