-- grain: one row per segment, days since the first purchase, and whether the second came then or was still awaited
-- parameters: $by, $as_of, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- `segment` is the channel or category of the first purchase, or 'all'.
WITH chosen AS (
    SELECT
        f.customer_key,
        f.first_day,
        CASE $by WHEN 'channel' THEN f.first_channel WHEN 'category' THEN f.first_category ELSE 'all' END AS segment
    FROM first_purchases AS f
    SEMI JOIN customer_history AS h ON h.customer_key = f.customer_key
    WHERE
        f.first_day <= $as_of
        AND f.first_day BETWEEN $cohort_from AND $cohort_to
        AND ($acquired_channels_all OR list_contains($acquired_channels, f.first_channel))
        AND ($acquired_regions_all OR list_contains($acquired_regions, f.first_region))
        AND ($acquired_categories_all OR list_contains($acquired_categories, f.first_category))
        AND ($acquired_skus_all OR list_contains($acquired_skus, f.first_sku))
),

seconds AS (
    SELECT
        p.customer_key,
        p.day_age
    FROM purchases AS p
    WHERE p.is_purchase AND p.previous_day_age = 0 AND p.day <= $as_of
)

SELECT
    c.segment,
    coalesce(s.day_age, date_diff('day', c.first_day, $as_of))::INTEGER AS duration,
    s.day_age IS NOT NULL AS observed,
    count(*) AS customers
FROM chosen AS c
LEFT JOIN seconds AS s ON s.customer_key = c.customer_key
GROUP BY ALL
ORDER BY ALL
