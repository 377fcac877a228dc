-- grain: one row per day with a sale or a return
-- parameters: $first_day, $last_day
-- Refunds count on the day of their original order; margin is of the lines whose cost is known, null where none is.
SELECT
    d.day,
    sum(d.revenue)::DOUBLE AS revenue,
    sum(d.margin)::DOUBLE AS margin,
    sum(d.revenue_with_cost)::DOUBLE AS revenue_with_cost,
    sum(d.units)::DOUBLE AS units
FROM trading_days AS d
WHERE d.day BETWEEN $first_day::DATE AND $last_day::DATE
GROUP BY ALL
ORDER BY d.day
