-- grain: one row per line that gives something back to a known account, up to as-of
-- parameters: $as_of
-- patched by: order_id
-- `order_id` is the original order's, `day` that of the refund itself. A refund without a buyer of its own is its original
-- order's buyer's; one that names no order is of its own number's. What an order that brought nothing gives back is here too.
WITH refunds AS (
    SELECT
        coalesce(l.original_order_id, l.order_id) AS order_id,
        l.order_id AS own_order_id,
        l.account,
        l.day
    FROM stg_order_lines AS l
    WHERE l.status = 'refund' AND l.day <= $as_of
),

orders AS (
    SELECT
        l.order_id,
        coalesce(min(l.customer_id), min(l.account_id)) AS account
    FROM stg_order_lines AS l
    WHERE
        l.account IS NOT NULL
        AND l.order_id IN (
            SELECT r.order_id FROM refunds AS r WHERE r.account IS NULL
            UNION
            SELECT r.own_order_id FROM refunds AS r WHERE r.account IS NULL
        )
    GROUP BY l.order_id
),

buyers AS (
    SELECT
        r.order_id,
        coalesce(r.account, o.account, own.account) AS account,
        r.day
    FROM refunds AS r
    LEFT JOIN orders AS o ON r.account IS NULL AND o.order_id = r.order_id
    LEFT JOIN orders AS own ON r.account IS NULL AND own.order_id = r.own_order_id
)

SELECT
    b.order_id,
    b.account,
    b.day
FROM buyers AS b
WHERE b.account IS NOT NULL
