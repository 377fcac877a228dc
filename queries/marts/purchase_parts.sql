-- grain: one row per order of a known customer and category
-- parameters: none
-- after: first_purchases
-- scope: category=category,first_category region=region,first_region
-- patched by: customer_key
-- aged: observed_days
-- Ages count periods since the customer's own first: months, quarters and days. Weeks follow from days and from the
-- day that the shop's weeks start on.
-- Sorted before the attributes are joined to it: the narrow rows are sorted, and the join keeps their order. Readers
-- of one customer's rows find them together; nothing depends on it.
-- An order lies on one day, that of its first sale line. Money that went back before the first purchase in the data belongs to no cohort.
WITH parts AS (
    SELECT
        f.customer_key,
        l.order_day AS day,
        l.order_id,
        l.channel,
        l.region,
        l.category,
        bool_or(l.is_sale) AS is_purchase,
        CAST(sum(l.revenue) AS DOUBLE) AS revenue,
        CAST(sum(l.margin) AS DOUBLE) AS margin
    FROM int_sale_lines AS l
    INNER JOIN first_purchases AS f ON f.customer_id = l.customer_id
    WHERE l.order_day >= f.first_day
    GROUP BY f.customer_key, l.order_day, l.order_id, l.channel, l.region, l.category
)

SELECT
    p.customer_key,
    f.first_day,
    p.day,
    f.cohort_month,
    f.cohort_quarter,
    CAST(
        year(p.day) * 12 + month(p.day) - year(f.first_day) * 12 - month(f.first_day) AS SMALLINT
    ) AS month_age,
    CAST(
        year(p.day) * 4 + quarter(p.day) - year(f.first_day) * 4 - quarter(f.first_day) AS SMALLINT
    ) AS quarter_age,
    CAST(date_diff('day', f.first_day, p.day) AS SMALLINT) AS day_age,
    f.observed_days,
    p.order_id,
    p.channel,
    p.region,
    p.category,
    p.is_purchase,
    p.revenue,
    p.margin,
    f.first_channel,
    f.first_region,
    f.first_category,
    f.first_sku
FROM (SELECT * FROM parts ORDER BY customer_key, day) AS p
INNER JOIN first_purchases AS f ON f.customer_key = p.customer_key
