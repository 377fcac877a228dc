-- grain: one row per kind of segment, segment and customer drawn to stand for it
-- parameters: $horizon_days, $value, $drawn, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- Up to $drawn customers of each segment, drawn by chance in proportion to their predicted value and the same each time:
-- those with the smallest of -ln(u) / value (Efraimidis & Spirakis 2006).
WITH chosen_scores AS (
    SELECT
        s.customer_key,
        year(s.first_day)::VARCHAR AS cohort,
        s.first_channel,
        s.first_region,
        s.first_category,
        -ln((hash(s.customer_key) % 1000003 + 0.5) / 1000003) / s.predicted_value AS draw
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND acquired(
            s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
        AND s.predicted_value > 0
),

drawn AS (
    SELECT
        CASE
            WHEN grouping(c.cohort) = 0 THEN 'cohort'
            WHEN grouping(c.first_channel) = 0 THEN 'channel'
            WHEN grouping(c.first_region) = 0 THEN 'region'
            WHEN grouping(c.first_category) = 0 THEN 'category'
            ELSE 'all'
        END AS segment_kind,
        CASE
            WHEN grouping(c.cohort, c.first_channel, c.first_region, c.first_category) = 15 THEN 'all'
            ELSE coalesce(c.cohort, c.first_channel, c.first_region, c.first_category)
        END AS segment,
        unnest(arg_min(c.customer_key, c.draw, $drawn)) AS customer_key
    FROM chosen_scores AS c
    GROUP BY GROUPING SETS ((c.cohort), (c.first_channel), (c.first_region), (c.first_category), ())
)

SELECT
    d.segment_kind,
    d.segment,
    h.frequency,
    h.recency,
    h.T,
    h.first_channel,
    h.first_day,
    CASE WHEN $value = 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
    s.predicted_value
FROM drawn AS d
INNER JOIN customer_history AS h ON h.customer_key = d.customer_key
INNER JOIN customer_scores AS s ON s.customer_key = d.customer_key AND s.horizon_days = $horizon_days
ORDER BY d.segment_kind, d.segment, d.customer_key
