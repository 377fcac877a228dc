-- grain: one row per location whose stock was ever counted
-- parameters: $as_of
-- `usual_days`: the median of days between its counts; `revenue`: net amount that it shipped in the 28 days up to as-of.
WITH gaps AS (
    SELECT
        c.location,
        c.day,
        c.items,
        CAST(c.day - lag(c.day) OVER (PARTITION BY c.location ORDER BY c.day) AS DOUBLE) AS days
    FROM count_days AS c
),

counts AS (
    SELECT
        g.location,
        max(g.day) AS newest_count,
        CAST(count(*) AS BIGINT) AS count_days,
        CAST(median(g.days) AS DOUBLE) AS usual_days
    FROM gaps AS g
    GROUP BY ALL
),

shipped AS (
    SELECT d.location, CAST(sum(d.revenue) AS DOUBLE) AS revenue
    FROM demand_days AS d
    WHERE d.day > $as_of - 28
    GROUP BY ALL
)

SELECT c.location, c.newest_count, c.count_days, c.usual_days, s.revenue
FROM counts AS c
LEFT JOIN shipped AS s ON s.location = c.location
ORDER BY c.location
