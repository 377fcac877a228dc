-- grain: one row per account that ordered
-- parameters: $as_of
-- scope: none
-- An account is what a channel calls a buyer: its account, or the customer's number where it names none. A guest is one
-- whose name was made from a phone or an e-mail. Kept by person, so that one person's accounts lie together.
WITH orders AS (
    SELECT
        coalesce(l.account_id, l.account) AS account_id,
        l.order_id,
        min(l.account) AS buyer,
        min(l.channel) AS channel,
        min(l.day) AS day,
        sum(l.net_amount) AS revenue
    FROM stg_order_lines AS l
    WHERE l.account IS NOT NULL AND coalesce(l.status, 'sale') IN ('sale', 'refund') AND l.day <= $as_of
    GROUP BY coalesce(l.account_id, l.account), l.order_id
),

accounts AS (
    SELECT
        o.account_id,
        min(o.buyer) AS buyer,
        min(o.channel) AS channel,
        min(o.day) AS first_day,
        max(o.day) AS last_day,
        CAST(count(*) AS BIGINT) AS orders,
        CAST(sum(o.revenue) AS DOUBLE) AS revenue
    FROM orders AS o
    GROUP BY o.account_id
)

SELECT
    coalesce(w.person_id, a.buyer) AS person_id,
    a.account_id,
    coalesce(a.channel, '(none)') AS channel,
    a.account_id LIKE 'phone:%' OR a.account_id LIKE 'email:%' AS is_guest,
    coalesce(w.was_split, false) AS was_split,
    a.first_day,
    a.last_day,
    a.orders,
    a.revenue
FROM accounts AS a
LEFT JOIN int_persons AS w ON w.account_id = a.buyer
ORDER BY person_id, account_id
