-- grain: one row per order line that says something of a touched order
-- parameters: none
-- All lines of it, of the orders that it refunds, and of all refunds of these. Only columns that staging reads.
WITH refunded AS (
    SELECT t.order_id FROM touched_orders AS t
    UNION
    SELECT r.original_order_id AS order_id
    FROM refunding_lines AS r
    WHERE r.order_id IN (SELECT t.order_id FROM touched_orders AS t)
),

wanted AS (
    SELECT f.order_id FROM refunded AS f
    UNION
    SELECT r.order_id FROM refunding_lines AS r WHERE r.original_order_id IN (SELECT f.order_id FROM refunded AS f)
)

SELECT
    l.order_id,
    l.ordered_at,
    l.customer_id,
    l.account_id,
    l.sku,
    l.product_name,
    l.category,
    l.channel,
    l.ship_to_region,
    l.ship_from_location,
    l.quantity,
    l.net_amount,
    l.discount,
    l.unit_cost,
    l.status,
    l.original_order_id
FROM order_lines AS l
WHERE l.order_id IN (SELECT w.order_id FROM wanted AS w)
