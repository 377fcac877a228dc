-- grain: one row for the whole shop, none where nobody ever bought
-- parameters: $as_of
-- after: first_purchases, customer_history
-- scope: public
-- Whose first purchase here may not be the first: who came first within `window_days` of the first purchase of all, the
-- days in which nine in ten of the customers who came back do so (90 where fewer than 30 did). Customers of before show
-- up soon after the data begin, then ever fewer; a shop that has just opened, or data of one acquisition cohort, wins as
-- many in the second half as in the first. `half_days` is what half of the returning customers take (half of 90);
-- `is_truncated` unless as many came in the next `half_days` as in the first, up to chance (2 standard errors). Where
-- fewer than 30 came in both, or the second is not over, nobody can tell, and it is true.
WITH rhythm AS (
    SELECT
        count(*) AS customers,
        CAST(ceil(percentile_disc(0.5) WITHIN GROUP (ORDER BY h.median_inter_purchase_days)) AS INTEGER) AS half_days,
        CAST(ceil(percentile_disc(0.9) WITHIN GROUP (ORDER BY h.median_inter_purchase_days)) AS INTEGER) AS window_days
    FROM customer_history AS h
    WHERE h.median_inter_purchase_days IS NOT NULL
),

opening AS (
    SELECT
        min(f.first_day) AS first_day,
        CASE WHEN r.customers >= 30 THEN r.half_days ELSE 45 END AS half_days,
        CASE WHEN r.customers >= 30 THEN r.window_days ELSE 90 END AS window_days
    FROM first_purchases AS f
    CROSS JOIN rhythm AS r
    GROUP BY r.customers, r.half_days, r.window_days
),

counted AS (
    SELECT
        o.first_day,
        o.half_days,
        o.window_days,
        count(*) FILTER (WHERE f.first_day < o.first_day + o.half_days) AS first_customers,
        count(*) FILTER (
            WHERE f.first_day >= o.first_day + o.half_days AND f.first_day < o.first_day + 2 * o.half_days
        ) AS next_customers
    FROM first_purchases AS f
    CROSS JOIN opening AS o
    WHERE f.first_day < o.first_day + 2 * o.half_days
    GROUP BY o.first_day, o.half_days, o.window_days
)

SELECT
    c.first_day,
    CAST(c.half_days AS INTEGER) AS half_days,
    CAST(c.window_days AS INTEGER) AS window_days,
    CAST(c.first_customers AS BIGINT) AS first_customers,
    CAST(c.next_customers AS BIGINT) AS next_customers,
    c.first_customers + c.next_customers < 30
    OR c.first_day + 2 * c.half_days > $as_of + 1
    OR CAST(c.first_customers - c.next_customers AS DOUBLE)
    > 2 * sqrt(CAST(c.first_customers + c.next_customers AS DOUBLE)) AS is_truncated
FROM counted AS c
