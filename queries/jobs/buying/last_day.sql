-- grain: one row: the day that all histories are seen from; none where there is no history
-- parameters: none
SELECT max(h.first_day + h.T)::DATE AS as_of
FROM customer_history AS h
HAVING count(*) > 0
