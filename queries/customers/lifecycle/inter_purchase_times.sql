-- grain: one row for the shop, or none: days between purchases of customers who came back, up to $as_of
-- parameters: $as_of, $active_days, $lost_days
SELECT
    count(*) AS returns,
    count(*) FILTER (WHERE p.day_age - p.previous_day_age > $active_days) AS after_active,
    count(*) FILTER (WHERE p.day_age - p.previous_day_age > $lost_days) AS after_lost,
    median(p.day_age - p.previous_day_age)::DOUBLE AS median_inter_purchase_days
FROM purchases AS p
WHERE p.is_purchase AND p.previous_day_age IS NOT NULL AND p.day <= $as_of
HAVING count(*) > 0
