-- grain: one row per different order line that said something of a touched order before
-- parameters: none
-- Of those that are there now, each as often as it is now, what came is taken away, and what went added.
WITH counted AS (
    SELECT
        n.order_id,
        n.ordered_at,
        n.customer_id,
        n.account_id,
        n.sku,
        n.product_name,
        n.category,
        n.channel,
        n.ship_to_region,
        n.ship_from_location,
        n.quantity,
        n.net_amount,
        n.discount,
        n.unit_cost,
        n.status,
        n.original_order_id,
        1 AS copies
    FROM lines_of_orders AS n
    UNION ALL
    SELECT
        c.order_id,
        c.ordered_at,
        c.customer_id,
        c.account_id,
        c.sku,
        c.product_name,
        c.category,
        c.channel,
        c.ship_to_region,
        c.ship_from_location,
        c.quantity,
        c.net_amount,
        c.discount,
        c.unit_cost,
        c.status,
        c.original_order_id,
        -c.copies AS copies
    FROM changed_lines AS c
)

SELECT
    c.order_id,
    c.ordered_at,
    c.customer_id,
    c.account_id,
    c.sku,
    c.product_name,
    c.category,
    c.channel,
    c.ship_to_region,
    c.ship_from_location,
    c.quantity,
    c.net_amount,
    c.discount,
    c.unit_cost,
    c.status,
    c.original_order_id
FROM counted AS c
GROUP BY
    c.order_id,
    c.ordered_at,
    c.customer_id,
    c.account_id,
    c.sku,
    c.product_name,
    c.category,
    c.channel,
    c.ship_to_region,
    c.ship_from_location,
    c.quantity,
    c.net_amount,
    c.discount,
    c.unit_cost,
    c.status,
    c.original_order_id
HAVING sum(c.copies) > 0
