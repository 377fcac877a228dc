-- grain: one row per sale line that breaks the rule, the 10,000 that bend most
-- parameters: $rule
-- `$rule`: price or quantity.
SELECT u.order_id, u.day, u.sku, u.quantity, u.revenue, u.unit_price, u.usual, u.amount, u.all_lines, u.all_amount
FROM unusual_lines AS u
WHERE u.rule = $rule
ORDER BY u.amount DESC, u.order_id, u.sku, u.day, u.quantity, u.revenue
