-- grain: one row per customer of one cohort: those behind one cell, or those missing from it
-- parameters: $period, $week_offset, $windows, $window_days, $method, $as_of, $cohort, $age, $absent, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all, $bought_channels, $bought_channels_all,
--   $bought_regions, $bought_regions_all, $bought_categories, $bought_categories_all
WITH cohort AS (
    SELECT
        f.customer_key,
        f.customer_id,
        f.first_day,
        f.first_channel,
        f.first_region,
        f.first_category,
        f.first_sku
    FROM first_purchases AS f
    WHERE
        cohort($period, $week_offset, f.first_day, f.cohort_month, f.cohort_quarter) = $cohort
        AND f.first_day <= $as_of
        AND acquired(
            f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
        AND ($windows <> 'rolling' OR (date_diff('day', f.first_day, $as_of) + 1) // $window_days > $age)
),

aged AS (
    SELECT
        p.customer_key,
        p.day,
        CASE
            WHEN $windows = 'rolling' THEN p.day_age // $window_days
            ELSE calendar_age($period, $week_offset, p.first_day, p.day_age, p.month_age, p.quarter_age)
        END AS age,
        p.is_purchase,
        p.revenue
    FROM purchase_parts AS p
    SEMI JOIN cohort USING (customer_key)
    WHERE
        p.day <= $as_of
        AND chosen(p.channel, $bought_channels, $bought_channels_all)
        AND chosen(p.region, $bought_regions, $bought_regions_all)
        AND chosen(p.category, $bought_categories, $bought_categories_all)
),

history AS (
    SELECT
        customer_key,
        max(day) FILTER (WHERE is_purchase) AS last_day,
        count(DISTINCT day) FILTER (WHERE is_purchase) AS purchases,
        sum(revenue)::DOUBLE AS revenue,
        coalesce(bool_or(is_purchase AND CASE $method
            WHEN 'exact' THEN age = $age
            WHEN 'unbounded' THEN age >= $age
            ELSE age BETWEEN 1 AND $age
        END), false) AS in_cell
    FROM aged
    GROUP BY ALL
)

SELECT
    c.customer_id,
    c.first_day,
    c.first_channel,
    c.first_region,
    c.first_category,
    c.first_sku,
    h.last_day,
    coalesce(h.purchases, 0) AS purchases,
    coalesce(h.revenue, 0.0) AS revenue
FROM cohort AS c
LEFT JOIN history AS h USING (customer_key)
WHERE coalesce(h.in_cell, false) <> $absent
ORDER BY revenue DESC, c.customer_id
