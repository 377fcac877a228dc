-- grain: one row per customer who ever bought
-- parameters: $as_of
-- after: first_purchases, purchases, purchase_parts, refund_days
-- scope: none
-- patched by: customer_key
-- aged: T
-- A customer's whole history, so it is a total over categories and regions: in part it would say that a regular who
-- moved on to another category has left. `frequency` counts purchases after the first; `recency` runs from the first to
-- the last, `T` from the first to as-of, in days. Repeat values are means per repeat purchase; a refund is in its
-- original purchase, however late, and one that names no order in the last purchase up to its own day: what it gives back
-- after the second purchase lowers the repeat mean, before that the first. So first purchase and repeat purchases together
-- are `revenue`. Revenue is rounded where it decides an order: the last digits of a sum of floats
-- change from run to run, and what is equal must stay so.
WITH totals AS (
    SELECT
        p.customer_key,
        max(p.day) FILTER (WHERE p.is_purchase) AS last_day,
        CAST(count(*) FILTER (WHERE p.is_purchase) AS INTEGER) AS purchases,
        CAST(sum(p.orders) AS INTEGER) AS orders,
        CAST(sum(p.revenue) AS DOUBLE) AS revenue,
        CAST(sum(p.margin) AS DOUBLE) AS margin,
        CAST(sum(p.revenue) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS DOUBLE) AS repeat_revenue,
        CAST(sum(p.margin) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS DOUBLE) AS repeat_margin,
        count(p.revenue) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_revenues,
        count(p.margin) FILTER (WHERE p.is_purchase AND p.day > p.first_day) AS repeat_margins,
        CAST(median(p.day_age - p.previous_day_age) FILTER (WHERE p.is_purchase) AS DOUBLE) AS median_inter_purchase_days,
        CAST(max(p.day_age - p.previous_day_age) FILTER (WHERE p.is_last) AS INTEGER) AS last_inter_purchase_days
    FROM purchases AS p
    GROUP BY p.customer_key
),

unlinked AS (
    SELECT
        r.customer_key,
        sum(r.revenue) AS revenue,
        sum(r.margin) AS margin
    FROM purchases AS r
    INNER JOIN purchases AS p
        ON
            p.customer_key = r.customer_key
            AND p.is_purchase AND p.previous_day_age = 0 AND p.day < r.day
    WHERE NOT r.is_purchase
    GROUP BY r.customer_key
),

last_parts AS (
    SELECT
        p.customer_key,
        p.channel,
        p.category
    FROM purchase_parts AS p
    INNER JOIN totals AS t ON t.customer_key = p.customer_key AND t.last_day = p.day
    WHERE p.is_purchase
    QUALIFY row_number() OVER (
        PARTITION BY p.customer_key
        ORDER BY round(p.revenue, 4) DESC, p.order_id, p.channel, p.region, p.category
    ) = 1
),

names AS (
    SELECT
        p.sku,
        max(p.name) AS name
    FROM products AS p
    GROUP BY p.sku
),

last_skus AS (
    SELECT
        f.customer_key,
        l.sku,
        row_number() OVER (PARTITION BY f.customer_key ORDER BY round(sum(l.revenue), 4) DESC, l.sku) AS place
    FROM int_sale_lines AS l
    INNER JOIN first_purchases AS f ON f.customer_id = l.customer_id
    INNER JOIN totals AS t ON t.customer_key = f.customer_key AND t.last_day = l.order_day
    WHERE l.is_sale
    GROUP BY f.customer_key, l.sku
),

last_products AS (
    SELECT
        s.customer_key,
        max(coalesce(n.name, s.sku)) FILTER (WHERE s.place = 1)
        || coalesce(', ' || max(coalesce(n.name, s.sku)) FILTER (WHERE s.place = 2), '')
        || coalesce(', ' || max(coalesce(n.name, s.sku)) FILTER (WHERE s.place = 3), '') AS products
    FROM last_skus AS s
    LEFT JOIN names AS n ON n.sku = s.sku
    WHERE s.place <= 3
    GROUP BY s.customer_key
),

refunds AS (
    SELECT
        r.customer_id,
        max(r.day) AS day
    FROM refund_days AS r
    GROUP BY r.customer_id
),

permissions AS (
    SELECT
        coalesce(w.person_id, c.customer_id) AS customer_id,
        bool_and(c.contactable) AS contactable
    FROM customers AS c
    LEFT JOIN int_persons AS w ON w.account_id = c.customer_id
    GROUP BY coalesce(w.person_id, c.customer_id)
)

SELECT
    f.customer_key,
    f.customer_id,
    f.first_day,
    f.cohort_month,
    f.first_channel,
    f.first_region,
    f.first_category,
    f.first_sku,
    t.last_day,
    CAST(t.purchases - 1 AS INTEGER) AS frequency,
    CAST(date_diff('day', f.first_day, t.last_day) AS INTEGER) AS recency,
    CAST(date_diff('day', f.first_day, $as_of) AS INTEGER) AS T,
    t.orders,
    t.revenue,
    t.margin,
    (t.repeat_revenue + coalesce(u.revenue, 0)) / nullif(t.repeat_revenues, 0) AS repeat_revenue,
    (t.repeat_margin + coalesce(u.margin, 0)) / nullif(t.repeat_margins, 0) AS repeat_margin,
    t.median_inter_purchase_days,
    t.last_inter_purchase_days,
    l.channel AS last_channel,
    l.category AS last_category,
    s.products AS last_products,
    r.day AS last_refund_day,
    k.contactable
FROM first_purchases AS f
INNER JOIN totals AS t ON t.customer_key = f.customer_key
LEFT JOIN unlinked AS u ON u.customer_key = f.customer_key
LEFT JOIN last_parts AS l ON l.customer_key = f.customer_key
LEFT JOIN last_products AS s ON s.customer_key = f.customer_key
LEFT JOIN refunds AS r ON r.customer_id = f.customer_id
LEFT JOIN permissions AS k ON k.customer_id = f.customer_id
ORDER BY customer_key
