-- grain: one row per chosen customer, the largest predicted value first
-- parameters: $horizon_days, $value, $most, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
WITH first_rows AS (
    SELECT s.*
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND acquired(
            s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
    ORDER BY s.predicted_value DESC NULLS LAST, s.customer_key
    LIMIT $most
)

SELECT
    h.customer_id,
    h.frequency,
    h.recency,
    h.T,
    CASE WHEN $value = 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
    s.historic_value,
    s.predicted_value,
    s.residual_value,
    s.p_alive,
    s.expected_purchases,
    s.purchase_value,
    h.first_day,
    h.last_day,
    year(h.first_day)::VARCHAR AS cohort,
    h.first_channel,
    h.first_region,
    h.first_category
FROM first_rows AS s
INNER JOIN customer_history AS h ON h.customer_key = s.customer_key
ORDER BY s.predicted_value DESC NULLS LAST, s.customer_key
