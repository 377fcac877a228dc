-- grain: one row per chosen customer who had bought by $as_of, as seen on that day
-- parameters: $as_of, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- Today's knowledge in two points: a refund made after $as_of is already in its original purchase, and `contactable` is
-- of today. Which products were bought last is kept for the version's last day only.
WITH cohort AS (
    SELECT f.*
    FROM first_purchases AS f
    SEMI JOIN customer_history AS h USING (customer_key)
    WHERE
        f.first_day <= $as_of
        AND acquired(
            f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
),

totals AS (
    SELECT
        p.customer_key,
        max(p.day) FILTER (WHERE p.is_purchase) AS last_day,
        count(*) FILTER (WHERE p.is_purchase)::INTEGER AS purchases,
        sum(p.orders)::INTEGER AS orders,
        sum(p.revenue)::DOUBLE AS revenue,
        sum(p.margin)::DOUBLE AS margin,
        sum(p.revenue) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_revenue,
        sum(p.margin) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_margin,
        count(p.revenue) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_revenues,
        count(p.margin) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_margins,
        median(p.day_age - p.previous_day_age) FILTER (WHERE p.is_purchase)::DOUBLE AS median_inter_purchase_days,
        arg_max(p.day_age - p.previous_day_age, p.day) FILTER (WHERE p.is_purchase)::INTEGER AS newest_inter_purchase_days
    FROM purchases AS p
    SEMI JOIN cohort USING (customer_key)
    WHERE p.day <= $as_of
    GROUP BY ALL
),

unlinked AS (
    SELECT
        r.customer_key,
        sum(r.revenue) AS revenue,
        sum(r.margin) AS margin
    FROM purchases AS r
    INNER JOIN purchases AS p
        ON p.customer_key = r.customer_key AND p.is_purchase AND p.previous_day_age = 0 AND p.day < r.day
    WHERE NOT r.is_purchase AND r.day <= $as_of
    GROUP BY ALL
),

last_parts AS (
    SELECT p.customer_key, p.channel, p.category
    FROM purchase_parts AS p
    INNER JOIN totals AS t ON t.customer_key = p.customer_key AND t.last_day = p.day
    WHERE p.is_purchase
    QUALIFY row_number() OVER (
        PARTITION BY p.customer_key
        ORDER BY round(p.revenue, 4) DESC, p.order_id, p.channel, p.region, p.category
    ) = 1
),

refunds AS (
    SELECT customer_id, max(day) AS day
    FROM refund_days
    WHERE day <= $as_of
    GROUP BY ALL
)

SELECT
    c.customer_key,
    c.customer_id,
    c.first_day,
    c.cohort_month,
    c.first_channel,
    c.first_region,
    c.first_category,
    c.first_sku,
    t.last_day,
    t.purchases - 1 AS frequency,
    date_diff('day', c.first_day, t.last_day)::INTEGER AS recency,
    date_diff('day', c.first_day, $as_of)::INTEGER AS T,
    t.orders,
    t.revenue,
    t.margin,
    (t.repeat_revenue + coalesce(u.revenue, 0)) / nullif(t.repeat_revenues, 0) AS repeat_revenue,
    (t.repeat_margin + coalesce(u.margin, 0)) / nullif(t.repeat_margins, 0) AS repeat_margin,
    t.median_inter_purchase_days,
    CASE WHEN t.purchases > 1 THEN t.newest_inter_purchase_days END AS last_inter_purchase_days,
    l.channel AS last_channel,
    l.category AS last_category,
    NULL::VARCHAR AS last_products,
    r.day AS last_refund_day,
    h.contactable
FROM cohort AS c
INNER JOIN totals AS t USING (customer_key)
LEFT JOIN unlinked AS u USING (customer_key)
LEFT JOIN last_parts AS l USING (customer_key)
LEFT JOIN refunds AS r USING (customer_id)
LEFT JOIN customer_history AS h USING (customer_key)
ORDER BY c.customer_id
