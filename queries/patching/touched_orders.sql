-- grain: one row per order whose lines of sale and refund may differ from before
-- parameters: $as_of_before, $as_of
-- Lines that came, went or lie between the last days; lines of what has another cost or category, and of persons who are
-- others now. A refund is in its original order, and either may name the buyer: so the orders that all lines of such orders
-- refund, and all refunds of these.
WITH seeds AS (
    SELECT c.order_id, c.original_order_id FROM changed_lines AS c
    UNION ALL
    SELECT l.order_id, l.original_order_id
    FROM stg_order_lines AS l
    WHERE l.day > least($as_of_before, $as_of) AND l.day <= greatest($as_of_before, $as_of)
    UNION ALL
    SELECT l.order_id, l.original_order_id FROM stg_order_lines AS l WHERE l.sku IN (SELECT s.sku FROM changed_skus AS s)
    UNION ALL
    SELECT b.order_id, NULL AS original_order_id
    FROM before_sale_lines AS b
    WHERE b.customer_id IN (SELECT a.person_before FROM changed_accounts AS a)
    UNION ALL
    SELECT b.order_id, NULL AS original_order_id
    FROM before_sale_lines AS b
    WHERE b.account_id IN (SELECT g.account_id FROM forgotten AS g)
    UNION ALL
    SELECT b.order_id, NULL AS original_order_id
    FROM before_sale_lines AS b
    WHERE b.customer_id IN (SELECT g.account_id FROM forgotten AS g)
    UNION ALL
    SELECT r.order_id, NULL AS original_order_id
    FROM before_refunds AS r
    WHERE r.account IN (SELECT g.account_id FROM forgotten AS g)
),

named AS (
    SELECT s.order_id FROM seeds AS s
    UNION
    SELECT s.original_order_id AS order_id FROM seeds AS s WHERE s.original_order_id IS NOT NULL
),

bought AS (
    SELECT n.order_id FROM named AS n
    UNION
    SELECT r.original_order_id AS order_id
    FROM refunding_lines AS r
    WHERE r.order_id IN (SELECT n.order_id FROM named AS n)
)

SELECT b.order_id FROM bought AS b
UNION
SELECT r.order_id FROM refunding_lines AS r WHERE r.original_order_id IN (SELECT b.order_id FROM bought AS b)
