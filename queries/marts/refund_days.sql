-- grain: one row per known customer and day on which something was given back
-- parameters: $as_of
-- scope: none
-- The day is that of the refund itself, not of its original order: who is just giving goods back is left in peace.
-- A refund without a buyer of its own is its original order's buyer's.
WITH originals AS (
    SELECT
        l.order_id,
        min(l.account) AS account
    FROM stg_order_lines AS l
    WHERE
        l.account IS NOT NULL
        AND l.order_id IN (
            SELECT r.original_order_id FROM stg_order_lines AS r WHERE r.status = 'refund' AND r.account IS NULL
        )
    GROUP BY l.order_id
)

SELECT
    coalesce(w.person_id, l.account, o.account) AS customer_id,
    l.day
FROM stg_order_lines AS l
LEFT JOIN originals AS o ON o.order_id = l.original_order_id
LEFT JOIN int_persons AS w ON w.account_id = coalesce(l.account, o.account)
WHERE
    l.status = 'refund'
    AND coalesce(l.account, o.account) IS NOT NULL
    AND l.day <= $as_of
GROUP BY coalesce(w.person_id, l.account, o.account), l.day
ORDER BY customer_id, day
