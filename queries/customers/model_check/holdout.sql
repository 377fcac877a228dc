-- grain: one row per distinct purchase history up to $calibration_end and what came after it
-- parameters: $calibration_end, $as_of, $risk_days
-- `holdout` counts purchases after $calibration_end up to $as_of; `soon` those of the first $risk_days of these days.
WITH histories AS (
    SELECT
        p.customer_key,
        count(*) FILTER (WHERE p.day <= $calibration_end)::INTEGER - 1 AS frequency,
        date_diff('day', min(p.first_day), max(p.day) FILTER (WHERE p.day <= $calibration_end))::INTEGER AS recency,
        date_diff('day', min(p.first_day), $calibration_end)::INTEGER AS T,
        count(*) FILTER (WHERE p.day > $calibration_end)::INTEGER AS holdout,
        count(*) FILTER (
            WHERE p.day > $calibration_end AND date_diff('day', $calibration_end, p.day) <= $risk_days
        )::INTEGER AS soon
    FROM purchases AS p
    WHERE p.is_purchase AND p.first_day <= $calibration_end AND p.day <= $as_of
    GROUP BY ALL
)

SELECT
    frequency,
    recency,
    T,
    holdout,
    soon,
    count(*) AS customers
FROM histories
GROUP BY ALL
ORDER BY ALL
