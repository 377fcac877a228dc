-- grain: one row per customer who ever bought
-- parameters: $as_of
-- scope: category=first_category region=first_region
-- patched by: customer_id
-- aged: observed_days
-- The first-ever purchase is found here, before any filter. It is known by its first order, and within that by the
-- item that brought the most money.
WITH firsts AS (
    SELECT
        l.customer_id,
        min(l.order_day) AS first_day
    FROM int_sale_lines AS l
    WHERE l.is_sale AND l.customer_id IS NOT NULL
    GROUP BY l.customer_id
),

keyed AS (
    SELECT
        f.customer_id,
        f.first_day,
        c.customer_key
    FROM firsts AS f
    INNER JOIN int_customer_keys AS c ON c.customer_id = f.customer_id
)

SELECT
    k.customer_key,
    k.customer_id,
    k.first_day,
    CAST(date_trunc('month', k.first_day) AS DATE) AS cohort_month,
    CAST(date_trunc('quarter', k.first_day) AS DATE) AS cohort_quarter,
    CAST(date_diff('day', k.first_day, $as_of) AS SMALLINT) AS observed_days,
    l.channel AS first_channel,
    l.region AS first_region,
    l.category AS first_category,
    l.sku AS first_sku
FROM keyed AS k
INNER JOIN int_sale_lines AS l ON l.customer_id = k.customer_id AND l.order_day = k.first_day
WHERE l.is_sale
QUALIFY row_number() OVER (
    PARTITION BY k.customer_key
    ORDER BY l.ordered_at, l.order_id, l.revenue DESC, l.sku, l.channel, l.region, l.category
) = 1
ORDER BY customer_key
