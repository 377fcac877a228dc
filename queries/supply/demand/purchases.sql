-- grain: one row per region of a known customer's first purchase and ship-to region
-- parameters: $as_of, $days
-- Purchases (customer x day) of the 364 days up to as-of. `new_window`: in the same weekdays 52 weeks before the $days
-- after as-of, by customers acquired in these days; `new_recent`: the same of the last $days. `newcomers`: first
-- purchases of the last 91 days, `_before` a year earlier. Where a purchase shipped to two regions it counts in both.
WITH bought AS (
    SELECT
        p.customer_key,
        p.day,
        p.first_region,
        p.region,
        any_value(p.first_day) AS first_day,
        sum(p.revenue) AS revenue
    FROM purchase_parts AS p
    WHERE p.is_purchase AND p.day > $as_of - 728
    GROUP BY ALL
)

SELECT
    b.first_region,
    b.region,
    count(*) FILTER (WHERE b.day > $as_of - 364) AS purchases,
    coalesce(sum(b.revenue) FILTER (WHERE b.day > $as_of - 364), 0)::DOUBLE AS revenue,
    count(*) FILTER (
        WHERE b.day > $as_of - 364 AND b.day <= $as_of - 364 + $days AND b.first_day > $as_of - 364
    ) AS new_window,
    count(*) FILTER (WHERE b.day > $as_of - $days AND b.first_day > $as_of - $days) AS new_recent,
    count(*) FILTER (WHERE b.first_day = b.day AND b.day > $as_of - 91) AS newcomers,
    count(*) FILTER (WHERE b.first_day = b.day AND b.day > $as_of - 455 AND b.day <= $as_of - 364) AS newcomers_before
FROM bought AS b
GROUP BY ALL
ORDER BY b.first_region, b.region
