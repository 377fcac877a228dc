-- grain: one row per order line
-- parameters: none
-- Names and types as marts read them; nothing is left out, and an empty cell stays empty.
SELECT
    l.order_id,
    l.ordered_at,
    CAST(l.ordered_at AS DATE) AS day,
    coalesce(l.customer_id, l.account_id) AS account,
    l.customer_id,
    l.account_id,
    l.sku,
    l.product_name,
    l.category,
    l.channel,
    l.ship_to_region AS region,
    l.ship_from_location AS location,
    l.quantity,
    CAST(l.net_amount AS DOUBLE) AS net_amount,
    CAST(l.discount AS DOUBLE) AS discount,
    CAST(l.unit_cost AS DOUBLE) AS unit_cost,
    l.status,
    l.original_order_id
FROM order_lines AS l
