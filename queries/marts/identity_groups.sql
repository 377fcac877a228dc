-- grain: one row per person with several accounts, the 200 with most
-- parameters: none
-- after: accounts
-- scope: none
-- `was_split`: taken out of a component too large to be one person.
WITH persons AS (
    SELECT
        a.person_id,
        CAST(count(*) AS BIGINT) AS accounts,
        CAST(count(*) FILTER (WHERE a.is_guest) AS BIGINT) AS guests,
        CAST(count(DISTINCT a.channel) AS BIGINT) AS channels,
        CAST(sum(a.orders) AS BIGINT) AS orders,
        CAST(sum(a.revenue) AS DOUBLE) AS revenue,
        bool_or(a.was_split) AS was_split
    FROM accounts AS a
    WHERE a.person_accounts > 1
    GROUP BY a.person_id
),

placed AS (
    SELECT
        p.person_id,
        p.accounts,
        p.guests,
        p.channels,
        p.orders,
        p.revenue,
        p.was_split,
        row_number() OVER (ORDER BY p.accounts DESC, p.revenue DESC, p.person_id) AS place
    FROM persons AS p
)

SELECT
    p.person_id,
    p.accounts,
    p.guests,
    p.channels,
    p.orders,
    p.revenue,
    p.was_split
FROM placed AS p
WHERE p.place <= 200
ORDER BY p.place
