-- grain: one row per month and channel with an order
-- parameters: none
SELECT i.*
FROM identity_coverage AS i
ORDER BY month, channel
