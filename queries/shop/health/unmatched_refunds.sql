-- grain: one row per order and day that gave back more than the order brought, the 10,000 with the largest amounts
-- parameters: $has_sale, $since
-- `$has_sale`: of orders with a sale, or of those without one; `$since`: on this day or later. `all_orders` and
-- `all_amount` count those that are not listed too.
SELECT
    u.order_id,
    u.day,
    u.channel,
    u.sold,
    u.given_back,
    u.amount,
    CAST(count(*) OVER () AS BIGINT) AS all_orders,
    CAST(sum(u.amount) OVER () AS DOUBLE) AS all_amount
FROM unmatched_refunds AS u
WHERE u.has_sale = $has_sale AND u.day >= $since
ORDER BY u.amount DESC, u.order_id, u.day
LIMIT 10000
