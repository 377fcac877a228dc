-- grain: one row for the whole shop, none where nobody ever bought
-- parameters: $as_of
-- after: first_purchases, purchases
-- scope: public
-- Whose first purchase here may not be the first: who came first within `window_days` of the first purchase of all, the
-- days in which four in five returns come, 90 at least. `is_truncated` says whether there are such customers at all: they
-- show up soon after the data begin, then ever fewer, while a shop that has just opened, or data of one acquisition
-- cohort, wins as many in the second half as in the first. The halves are `half_days` long: what half of all returns
-- take, and no more than half of the days in which 99 of 100 customers came. Fewer must have come in the second half by
-- more than chance (2 standard errors); where fewer than 30 came in both, or fewer than 30 returns tell the shop's
-- rhythm, nobody can tell, and it is true.
WITH gaps AS (
    SELECT
        p.day_age - p.previous_day_age AS days,
        count(*) AS returns
    FROM purchases AS p
    WHERE p.previous_day_age IS NOT NULL
    GROUP BY p.day_age - p.previous_day_age
),

running AS (
    SELECT
        g.days,
        sum(g.returns) OVER (ORDER BY g.days) AS so_far,
        sum(g.returns) OVER () AS returns
    FROM gaps AS g
),

rhythm AS (
    SELECT
        coalesce(max(r.returns), 0) AS returns,
        min(r.days) FILTER (WHERE 2 * r.so_far >= r.returns) AS half,
        min(r.days) FILTER (WHERE 5 * r.so_far >= 4 * r.returns) AS four_fifths
    FROM running AS r
),

starts AS (
    SELECT min(f.first_day) AS first_day FROM first_purchases AS f
),

arrivals AS (
    SELECT
        date_diff('day', s.first_day, f.first_day) AS days,
        count(*) AS customers
    FROM first_purchases AS f
    CROSS JOIN starts AS s
    GROUP BY date_diff('day', s.first_day, f.first_day)
),

arrived AS (
    SELECT
        a.days,
        sum(a.customers) OVER (ORDER BY a.days) AS so_far,
        sum(a.customers) OVER () AS customers
    FROM arrivals AS a
),

spans AS (
    SELECT min(a.days) FILTER (WHERE 100 * a.so_far >= 99 * a.customers) + 1 AS days FROM arrived AS a
),

lengths AS (
    SELECT
        s.first_day,
        r.returns,
        CAST(ceil(least(coalesce(r.half, 45), CAST(p.days AS DOUBLE) / 2)) AS INTEGER) AS half_days,
        CAST(greatest(CASE WHEN r.returns >= 30 THEN r.four_fifths ELSE 90 END, 90) AS INTEGER) AS window_days
    FROM starts AS s
    CROSS JOIN rhythm AS r
    CROSS JOIN spans AS p
    WHERE s.first_day IS NOT NULL
),

halves AS (
    SELECT
        n.first_day,
        n.returns,
        n.half_days,
        n.window_days,
        coalesce(sum(a.customers) FILTER (WHERE a.days < n.half_days), 0) AS first_customers,
        coalesce(sum(a.customers) FILTER (WHERE a.days >= n.half_days AND a.days < 2 * n.half_days), 0)
        AS next_customers
    FROM lengths AS n
    CROSS JOIN arrivals AS a
    GROUP BY n.first_day, n.returns, n.half_days, n.window_days
)

SELECT
    h.first_day,
    h.half_days,
    h.window_days,
    CAST(h.first_customers AS BIGINT) AS first_customers,
    CAST(h.next_customers AS BIGINT) AS next_customers,
    h.returns < 30
    OR h.first_customers + h.next_customers < 30
    OR 2 * h.half_days > date_diff('day', h.first_day, $as_of) + 1
    OR CAST(h.first_customers - h.next_customers AS DOUBLE)
    > 2 * sqrt(CAST(h.first_customers + h.next_customers AS DOUBLE)) AS is_truncated
FROM halves AS h
