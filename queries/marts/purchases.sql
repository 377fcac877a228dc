-- grain: one row per customer and day with a purchase, or with money that went back on no purchase's day
-- parameters: none
-- after: purchase_parts
-- scope: none
-- patched by: customer_key
-- aged: observed_days
-- `previous_*` are the ages of the purchase before this one, so that "first purchase in this period" is a comparison
-- within the row: retention needs neither count(distinct) nor a table of customers.
WITH orders AS (
    SELECT
        p.customer_key,
        p.day,
        p.order_id,
        bool_or(p.is_purchase) AS is_purchase,
        sum(p.revenue) AS revenue,
        sum(p.margin) AS margin
    FROM purchase_parts AS p
    GROUP BY p.customer_key, p.day, p.order_id
),

days AS (
    SELECT
        o.customer_key,
        o.day,
        bool_or(o.is_purchase) AS is_purchase,
        CAST(count(*) FILTER (WHERE o.is_purchase) AS INTEGER) AS orders,
        CAST(sum(o.revenue) AS DOUBLE) AS revenue,
        CAST(sum(o.margin) AS DOUBLE) AS margin
    FROM orders AS o
    GROUP BY o.customer_key, o.day
),

neighbours AS (
    SELECT
        d.customer_key,
        d.day,
        CASE WHEN d.is_purchase THEN lag(d.day) OVER history END AS previous_day,
        d.is_purchase AND lead(d.day) OVER history IS NULL AS is_last,
        d.is_purchase,
        d.orders,
        d.revenue,
        d.margin
    FROM days AS d
    WINDOW history AS (PARTITION BY d.customer_key, d.is_purchase ORDER BY d.day)
)

SELECT
    n.customer_key,
    f.first_day,
    n.day,
    f.cohort_month,
    f.cohort_quarter,
    CAST(
        year(n.day) * 12 + month(n.day) - year(f.first_day) * 12 - month(f.first_day) AS SMALLINT
    ) AS month_age,
    CAST(
        year(n.day) * 4 + quarter(n.day) - year(f.first_day) * 4 - quarter(f.first_day) AS SMALLINT
    ) AS quarter_age,
    CAST(date_diff('day', f.first_day, n.day) AS SMALLINT) AS day_age,
    f.observed_days,
    CAST(
        year(n.previous_day) * 12 + month(n.previous_day) - year(f.first_day) * 12 - month(f.first_day) AS SMALLINT
    ) AS previous_month_age,
    CAST(
        year(n.previous_day) * 4 + quarter(n.previous_day) - year(f.first_day) * 4 - quarter(f.first_day) AS SMALLINT
    ) AS previous_quarter_age,
    CAST(date_diff('day', f.first_day, n.previous_day) AS SMALLINT) AS previous_day_age,
    n.is_last,
    n.is_purchase,
    n.orders,
    n.revenue,
    n.margin,
    f.first_channel,
    f.first_region,
    f.first_category,
    f.first_sku
FROM (SELECT * FROM neighbours ORDER BY customer_key, day) AS n
INNER JOIN first_purchases AS f ON f.customer_key = n.customer_key
