-- grain: one row per whole per cent of the chosen customers, the richest first
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- What that per cent of customers holds; values below 0 hold nothing. `predicted` and `historic` have orders of their own.
WITH ranked AS (
    SELECT
        greatest(coalesce(s.historic_value, 0), 0) AS historic,
        greatest(coalesce(s.predicted_value, 0), 0) AS predicted,
        row_number() OVER (ORDER BY greatest(coalesce(s.historic_value, 0), 0) DESC) AS historic_place,
        row_number() OVER (ORDER BY greatest(coalesce(s.predicted_value, 0), 0) DESC) AS predicted_place,
        count(*) OVER () AS customers
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND acquired(
            s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
),

shares AS (
    SELECT ((r.historic_place - 1) * 100 // r.customers + 1)::INTEGER AS percent, r.historic, 0.0 AS predicted
    FROM ranked AS r
    UNION ALL
    SELECT ((r.predicted_place - 1) * 100 // r.customers + 1)::INTEGER, 0.0, r.predicted
    FROM ranked AS r
)

SELECT
    s.percent,
    sum(s.historic) AS historic,
    sum(s.predicted) AS predicted
FROM shares AS s
GROUP BY ALL
ORDER BY s.percent
