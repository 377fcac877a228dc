-- grain: one row per channel with an account that ordered, and one for all channels, without a name
-- parameters: none
-- after: accounts
-- scope: none
-- `linked_revenue`: what accounts brought that are not their person's first, and would be strangers' without linking.
-- A person counts in each channel it ordered on, and once in the row of all.
WITH persons AS (
    SELECT
        a.person_id,
        count(*) AS accounts
    FROM accounts AS a
    GROUP BY a.person_id
),

numbered AS (
    SELECT
        a.person_id,
        a.channel,
        a.is_guest,
        a.orders,
        a.revenue,
        row_number() OVER (PARTITION BY a.person_id ORDER BY a.first_day, a.account_id) AS place
    FROM accounts AS a
),

rows AS (
    SELECT n.person_id, n.channel, n.is_guest, n.orders, n.revenue, n.place, p.accounts
    FROM numbered AS n
    INNER JOIN persons AS p ON p.person_id = n.person_id
    UNION ALL
    SELECT n.person_id, NULL AS channel, n.is_guest, n.orders, n.revenue, n.place, p.accounts
    FROM numbered AS n
    INNER JOIN persons AS p ON p.person_id = n.person_id
)

SELECT
    r.channel,
    CAST(count(*) AS BIGINT) AS accounts,
    CAST(count(*) FILTER (WHERE r.is_guest) AS BIGINT) AS guests,
    CAST(count(DISTINCT r.person_id) AS BIGINT) AS persons,
    CAST(count(*) FILTER (WHERE r.accounts > 1) AS BIGINT) AS linked_accounts,
    CAST(sum(r.orders) AS BIGINT) AS orders,
    CAST(coalesce(sum(r.orders) FILTER (WHERE r.is_guest), 0) AS BIGINT) AS guest_orders,
    CAST(coalesce(sum(r.orders) FILTER (WHERE r.is_guest AND r.accounts > 1), 0) AS BIGINT) AS linked_guest_orders,
    CAST(sum(r.revenue) AS DOUBLE) AS revenue,
    CAST(coalesce(sum(r.revenue) FILTER (WHERE r.place > 1), 0) AS DOUBLE) AS linked_revenue
FROM rows AS r
GROUP BY r.channel
ORDER BY r.channel
