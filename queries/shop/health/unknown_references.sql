-- grain: one row per value of order lines that its table does not list, the 10,000 that bring most
-- parameters: $kind
-- `$kind`: sku or region.
SELECT u.value, u.lines, u.amount, u.first_day, u.last_day, u.all_values, u.all_lines, u.all_amount
FROM unknown_references AS u
WHERE u.kind = $kind
ORDER BY u.amount DESC, u.value
