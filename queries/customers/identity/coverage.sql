-- grain: one row per month and channel with an order
-- parameters: none
SELECT *
FROM identity_coverage
ORDER BY month, channel
