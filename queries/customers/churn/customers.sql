-- grain: one row per chosen customer, the most at stake first
-- parameters: $horizon_days, $value, $to_rescue, $most, $customer_id, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- With $to_rescue those of the rescue list only; $most of them at most; with $customer_id not empty that customer alone.
WITH first_rows AS (
    SELECT s.*
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND (NOT $to_rescue OR s.rescue_rank IS NOT NULL)
        AND ($customer_id = '' OR s.customer_key IN (
            SELECT h.customer_key
            FROM customer_history AS h
            WHERE h.customer_id = $customer_id
        ))
        AND acquired(
    s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
    $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
    $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
)
    ORDER BY s.value_at_stake DESC NULLS LAST, s.customer_key
    LIMIT $most
)

SELECT
    h.customer_id,
    h.frequency,
    h.recency,
    h.T,
    CASE WHEN $value = 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
    s.p_alive,
    s.p_no_purchase,
    s.expected_purchases,
    s.expected_next_order,
    s.days_overdue,
    s.value_at_stake,
    s.stage,
    h.last_day,
    h.last_channel,
    h.last_category,
    h.last_products,
    h.contactable,
    h.first_day,
    h.first_channel,
    h.first_region,
    h.first_category,
    h.revenue,
    h.margin,
    s.left_out
FROM first_rows AS s
INNER JOIN customer_history AS h ON h.customer_key = s.customer_key
ORDER BY s.value_at_stake DESC NULLS LAST, s.customer_key
