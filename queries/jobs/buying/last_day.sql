-- grain: one row: the day that the histories are seen from
-- parameters: $as_of
-- All histories end on one day; $as_of where there is none.
SELECT coalesce(max(h.first_day + h.T), $as_of)::DATE AS as_of
FROM customer_history AS h
