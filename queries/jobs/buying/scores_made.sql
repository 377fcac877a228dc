-- grain: one row per horizon and customer that were scored
-- parameters: none
SELECT s.*
FROM customer_scores AS s
ORDER BY s.horizon_days, s.customer_key
