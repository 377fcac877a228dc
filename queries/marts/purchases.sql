-- grain: one row per customer and day with a purchase, or with money that went back on no purchase's day
-- parameters: none
-- after: purchase_parts
-- scope: none
-- `previous_*` are the ages of the purchase before this one, so that "first purchase in this period" is a comparison
-- within the row: retention needs neither count(distinct) nor a table of customers.
WITH days AS (
    SELECT
        p.customer_key AS customer_key,
        p.day AS day,
        p.first_day AS first_day,
        p.cohort_week AS cohort_week,
        p.cohort_month AS cohort_month,
        p.cohort_quarter AS cohort_quarter,
        p.week_age AS week_age,
        p.month_age AS month_age,
        p.quarter_age AS quarter_age,
        p.day_age AS day_age,
        p.observed_days AS observed_days,
        p.first_channel AS first_channel,
        p.first_region AS first_region,
        p.first_category AS first_category,
        p.first_sku AS first_sku,
        bool_or(p.is_purchase) AS is_purchase,
        CAST(count(DISTINCT CASE WHEN p.is_purchase THEN p.order_id END) AS INTEGER) AS orders,
        CAST(sum(p.revenue) AS DOUBLE) AS revenue,
        CAST(sum(p.margin) AS DOUBLE) AS margin
    FROM purchase_parts AS p
    GROUP BY
        p.customer_key, p.day, p.first_day, p.cohort_week, p.cohort_month, p.cohort_quarter, p.week_age, p.month_age,
        p.quarter_age, p.day_age, p.observed_days, p.first_channel, p.first_region, p.first_category, p.first_sku
)

SELECT
    d.customer_key AS customer_key,
    d.first_day AS first_day,
    d.day AS day,
    d.cohort_week AS cohort_week,
    d.cohort_month AS cohort_month,
    d.cohort_quarter AS cohort_quarter,
    d.week_age AS week_age,
    d.month_age AS month_age,
    d.quarter_age AS quarter_age,
    d.day_age AS day_age,
    d.observed_days AS observed_days,
    CASE WHEN d.is_purchase THEN lag(d.week_age) OVER history END AS previous_week_age,
    CASE WHEN d.is_purchase THEN lag(d.month_age) OVER history END AS previous_month_age,
    CASE WHEN d.is_purchase THEN lag(d.quarter_age) OVER history END AS previous_quarter_age,
    CASE WHEN d.is_purchase THEN lag(d.day_age) OVER history END AS previous_day_age,
    d.is_purchase AND lead(d.day) OVER history IS NULL AS is_last,
    d.is_purchase AS is_purchase,
    d.orders AS orders,
    d.revenue AS revenue,
    d.margin AS margin,
    d.first_channel AS first_channel,
    d.first_region AS first_region,
    d.first_category AS first_category,
    d.first_sku AS first_sku
FROM days AS d
WINDOW history AS (PARTITION BY d.customer_key, d.is_purchase ORDER BY d.day)
ORDER BY customer_key, day
