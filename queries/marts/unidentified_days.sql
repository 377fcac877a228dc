-- grain: one row per day with orders without a known customer
-- parameters: none
-- after: unidentified_parts
-- scope: none
-- patched by: day
SELECT
    u.day,
    CAST(count(DISTINCT u.order_id) AS BIGINT) AS orders
FROM unidentified_parts AS u
GROUP BY u.day
ORDER BY day
