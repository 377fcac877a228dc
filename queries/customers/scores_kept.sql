-- grain: one row where scores over $horizon_days are kept
-- parameters: $horizon_days
SELECT s.horizon_days
FROM customer_scores AS s
WHERE s.horizon_days = $horizon_days
LIMIT 1
