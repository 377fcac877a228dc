-- grain: one row per SKU that was sold in the last 365 days
-- parameters: $as_of
-- `days`: since its first sale, 365 at most. `units` sold in them, `units_quarter` in the last 91.
SELECT
    d.sku,
    least(date_diff('day', min(d.day), $as_of::DATE) + 1, 365)::DOUBLE AS days,
    coalesce(sum(d.units) FILTER (WHERE d.day > $as_of::DATE - 365), 0)::DOUBLE AS units,
    coalesce(sum(d.units) FILTER (WHERE d.day > $as_of::DATE - 91), 0)::DOUBLE AS units_quarter
FROM demand_days AS d
WHERE d.units > 0
GROUP BY ALL
ORDER BY d.sku
