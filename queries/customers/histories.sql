-- grain: one row per chosen customer, as seen on the version's last day
-- parameters: $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
SELECT
    h.customer_key,
    h.customer_id,
    h.first_day,
    h.cohort_month,
    h.first_channel,
    h.first_region,
    h.first_category,
    h.first_sku,
    h.last_day,
    h.frequency,
    h.recency,
    h.T,
    h.orders,
    h.revenue,
    h.margin,
    h.repeat_revenue,
    h.repeat_margin,
    h.median_inter_purchase_days,
    h.last_inter_purchase_days,
    h.last_channel,
    h.last_category,
    h.last_products,
    h.last_refund_day,
    h.contactable
FROM customer_history AS h
WHERE
    acquired(
        h.first_day, h.first_channel, h.first_region, h.first_category, h.first_sku,
        $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
        $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
    )
ORDER BY h.customer_id
