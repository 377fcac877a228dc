-- grain: one row per known customer and day on which something was given back
-- parameters: none
-- scope: none
-- The day is that of the refund itself, not of its original order: who is just giving goods back is left in peace.
SELECT
    coalesce(w.person_id, r.account) AS customer_id,
    r.day
FROM int_refunds AS r
LEFT JOIN int_persons AS w ON w.account_id = r.account
GROUP BY coalesce(w.person_id, r.account), r.day
ORDER BY customer_id, day
