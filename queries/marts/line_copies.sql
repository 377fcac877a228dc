-- grain: one row per set of equal lines of one order
-- parameters: $as_of
-- scope: none
-- patched by: day
-- Lines of sale or refund equal in order, time, item, quantity, amount and status.
SELECT
    l.order_id,
    CAST(l.ordered_at AS DATE) AS day,
    epoch_us(l.ordered_at) AS ordered_at_us,
    l.sku,
    CAST(l.quantity AS DOUBLE) AS quantity,
    CAST(l.net_amount AS DOUBLE) AS net_amount,
    coalesce(l.status, 'sale') AS status,
    CAST(count(*) AS BIGINT) AS lines
FROM order_lines AS l
WHERE coalesce(l.status, 'sale') IN ('sale', 'refund') AND CAST(l.ordered_at AS DATE) <= $as_of
GROUP BY l.order_id, l.ordered_at, l.sku, l.quantity, l.net_amount, coalesce(l.status, 'sale')
HAVING count(*) > 1
ORDER BY day, l.order_id, l.sku, ordered_at_us, l.quantity, l.net_amount, status
