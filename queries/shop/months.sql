-- grain: one row per month with a sale or a return, the newest first
-- parameters: none
SELECT
    date_trunc('month', d.day)::DATE AS month,
    sum(d.units)::DOUBLE AS units,
    sum(d.revenue)::DOUBLE AS revenue
FROM demand_days AS d
GROUP BY ALL
ORDER BY month DESC
