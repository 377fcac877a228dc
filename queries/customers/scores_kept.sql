-- grain: one row where scores over $horizon_days by $model are kept
-- parameters: $horizon_days, $model
SELECT s.horizon_days
FROM customer_scores AS s
WHERE s.horizon_days = $horizon_days AND s.model = $model
LIMIT 1
