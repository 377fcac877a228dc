-- grain: one row per channel, region or category, by `$by`, in which a customer's first purchase ever was made
-- parameters: $by, $first_day, $last_day, $base_first_day, $base_last_day
WITH marked AS (
    SELECT
        CASE $by WHEN 'channel' THEN f.first_channel WHEN 'region' THEN f.first_region ELSE f.first_category END AS part,
        f.first_day BETWEEN $first_day::DATE AND $last_day::DATE AS is_now,
        f.first_day BETWEEN $base_first_day::DATE AND $base_last_day::DATE AS is_base
    FROM first_purchases AS f
)

SELECT
    m.part,
    (count(*) FILTER (WHERE m.is_now))::DOUBLE AS new_customers,
    (count(*) FILTER (WHERE m.is_base))::DOUBLE AS base_new_customers
FROM marked AS m
WHERE m.is_now OR m.is_base
GROUP BY ALL
ORDER BY m.part
