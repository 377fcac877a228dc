-- grain: one row per number of repeat purchases before it, of those with no rhythm of their own yet (0 and 1)
-- parameters: $as_of
-- Within how many days three in four of those who came back had done so, and how many that were.
SELECT
    p.nth - 2 AS frequency,
    quantile_cont(p.inter_purchase_days, 0.75)::DOUBLE AS days,
    count(*) AS returns
FROM (
    SELECT
        p.day_age - p.previous_day_age AS inter_purchase_days,
        row_number() OVER (PARTITION BY p.customer_key ORDER BY p.day) AS nth
    FROM purchases AS p
    WHERE p.is_purchase AND p.day <= $as_of
) AS p
WHERE p.nth IN (2, 3)
GROUP BY ALL
ORDER BY ALL
