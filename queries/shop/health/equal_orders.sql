-- grain: one row per order that equals an earlier number in all but the number, the 10,000 that bring most
-- parameters: none
SELECT e.order_id, e.equals_order, e.day, e.channel, e.lines, e.amount, e.all_orders, e.all_amount
FROM equal_orders AS e
ORDER BY e.amount DESC, e.order_id
