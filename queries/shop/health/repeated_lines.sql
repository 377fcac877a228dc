-- grain: one row per set of equal lines of one order, the 10,000 sets that bring most
-- parameters: none
SELECT
    r.order_id, r.day, r.sku, r.quantity, r.net_amount, r.status, r.lines, r.amount, r.all_lines, r.all_amount
FROM repeated_lines AS r
ORDER BY r.amount DESC, r.order_id, r.day, r.sku, r.quantity, r.net_amount
