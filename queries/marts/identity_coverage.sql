-- grain: one row per month and channel with an order
-- parameters: none
-- after: accounts
-- scope: none
-- Whose order it is: nobody's, a guest's, an account's. `linked_orders`: orders of persons with several accounts.
WITH persons AS (
    SELECT
        a.person_id,
        count(*) AS accounts
    FROM accounts AS a
    GROUP BY a.person_id
),

orders AS (
    SELECT
        l.order_id,
        min(l.channel) AS channel,
        min(l.day) AS day,
        max(l.customer_id) AS person_id,
        max(l.account_id) AS account_id,
        sum(l.revenue) AS revenue
    FROM int_sale_lines AS l
    WHERE l.is_sale
    GROUP BY l.order_id
)

SELECT
    CAST(date_trunc('month', o.day) AS DATE) AS month,
    o.channel,
    CAST(count(*) AS BIGINT) AS orders,
    CAST(count(*) FILTER (WHERE o.person_id IS NOT NULL) AS BIGINT) AS identified_orders,
    CAST(count(*) FILTER (WHERE o.account_id LIKE 'phone:%' OR o.account_id LIKE 'email:%') AS BIGINT) AS guest_orders,
    CAST(count(*) FILTER (WHERE p.accounts > 1) AS BIGINT) AS linked_orders,
    CAST(sum(o.revenue) AS DOUBLE) AS revenue,
    CAST(coalesce(sum(o.revenue) FILTER (WHERE o.person_id IS NOT NULL), 0) AS DOUBLE) AS identified_revenue
FROM orders AS o
LEFT JOIN persons AS p ON p.person_id = o.person_id
GROUP BY CAST(date_trunc('month', o.day) AS DATE), o.channel
ORDER BY month, channel
