-- grain: one row per segment, days since the first purchase, and whether the second came then or was still awaited
-- parameters: $by, $as_of, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- `segment` is the channel or category of the first purchase, or 'all'.
WITH cohort AS (
    SELECT
        f.customer_key,
        f.first_day,
        CASE $by WHEN 'channel' THEN f.first_channel WHEN 'category' THEN f.first_category ELSE 'all' END AS segment
    FROM first_purchases AS f
    SEMI JOIN customer_history AS h USING (customer_key)
    WHERE
        f.first_day <= $as_of
        AND acquired(
            f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
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
FROM cohort AS c
LEFT JOIN seconds AS s USING (customer_key)
GROUP BY ALL
ORDER BY ALL
