-- grain: one row per channel with an account that ordered, and one for all channels, without a name
-- parameters: none
-- after: accounts
-- scope: none
-- `linked_revenue`: what accounts brought that are not their person's first, and would be strangers' without linking.
-- A person counts in each channel it ordered on, and once in the row of all. Only few persons have several accounts: only
-- these are looked at one by one.
WITH numbered AS (
    SELECT
        a.person_id,
        a.channel,
        a.is_guest,
        a.orders,
        a.revenue,
        row_number() OVER (PARTITION BY a.person_id ORDER BY a.first_day, a.account_id) AS place
    FROM accounts AS a
    WHERE a.person_accounts > 1
),

linked AS (
    SELECT
        n.channel,
        grouping(n.channel) AS is_whole,
        count(*) AS accounts,
        count(DISTINCT n.person_id) AS persons,
        sum(n.orders) FILTER (WHERE n.is_guest) AS guest_orders,
        sum(n.revenue) FILTER (WHERE n.place > 1) AS later_revenue
    FROM numbered AS n
    GROUP BY GROUPING SETS ((n.channel), ())
),

channels AS (
    SELECT
        a.channel,
        grouping(a.channel) AS is_whole,
        count(*) AS accounts,
        count(*) FILTER (WHERE a.is_guest) AS guests,
        sum(a.orders) AS orders,
        sum(a.orders) FILTER (WHERE a.is_guest) AS guest_orders,
        sum(a.revenue) AS revenue
    FROM accounts AS a
    GROUP BY GROUPING SETS ((a.channel), ())
)

SELECT
    c.channel,
    CAST(c.accounts AS BIGINT) AS accounts,
    CAST(c.guests AS BIGINT) AS guests,
    CAST(c.accounts - coalesce(k.accounts - k.persons, 0) AS BIGINT) AS persons,
    CAST(coalesce(k.accounts, 0) AS BIGINT) AS linked_accounts,
    CAST(c.orders AS BIGINT) AS orders,
    CAST(coalesce(c.guest_orders, 0) AS BIGINT) AS guest_orders,
    CAST(coalesce(k.guest_orders, 0) AS BIGINT) AS linked_guest_orders,
    CAST(c.revenue AS DOUBLE) AS revenue,
    CAST(coalesce(k.later_revenue, 0) AS DOUBLE) AS linked_revenue
FROM channels AS c
LEFT JOIN linked AS k ON k.is_whole = c.is_whole AND coalesce(k.channel, '') = coalesce(c.channel, '')
WHERE c.accounts > 0
ORDER BY c.channel
