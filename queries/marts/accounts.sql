-- grain: one row per account that ordered, and person who ordered with it
-- parameters: none
-- scope: none
-- patched by: person_id
-- An account is what a channel calls a buyer: its account, or the customer's number where it names none. A guest is one
-- whose name was made from a phone or an e-mail. Refunds are in their order. Kept by person, so that one person's
-- accounts lie together. Only an account of the shop's own, such as a till's, has several persons. `person_accounts`:
-- how many the person has, so that those with several are known without counting.
WITH orders AS (
    SELECT
        l.account_id,
        l.customer_id AS person_id,
        l.order_id,
        min(l.channel) AS channel,
        min(l.order_day) AS day,
        sum(l.revenue) AS revenue
    FROM int_sale_lines AS l
    WHERE l.account_id IS NOT NULL
    GROUP BY l.account_id, l.customer_id, l.order_id
),

accounts AS (
    SELECT
        o.account_id,
        o.person_id,
        min(o.channel) AS channel,
        min(o.day) AS first_day,
        max(o.day) AS last_day,
        CAST(count(*) AS BIGINT) AS orders,
        CAST(sum(o.revenue) AS DOUBLE) AS revenue
    FROM orders AS o
    GROUP BY o.account_id, o.person_id
)

SELECT
    a.person_id,
    a.account_id,
    a.channel,
    a.account_id LIKE 'phone:%' OR a.account_id LIKE 'email:%' AS is_guest,
    coalesce(w.was_split, false) AS was_split,
    CAST(count(*) OVER (PARTITION BY a.person_id) AS INTEGER) AS person_accounts,
    a.first_day,
    a.last_day,
    a.orders,
    a.revenue
FROM accounts AS a
LEFT JOIN int_persons AS w ON w.account_id = a.account_id
ORDER BY a.person_id, a.account_id
