-- grain: one row per customer's number and account that order lines name together
-- parameters: none
-- As queries/linking/buyers.sql counts them in all lines: what there was before, and the lines that came or went.
WITH counted AS (
    SELECT b.customer_id, b.account_id, b.lines FROM before_linking_buyers AS b
    UNION ALL
    SELECT c.customer_id, c.account_id, c.copies AS lines FROM changed_lines AS c WHERE c.customer_id <> c.account_id
)

SELECT
    c.customer_id,
    c.account_id,
    CAST(sum(c.lines) AS BIGINT) AS lines
FROM counted AS c
GROUP BY c.customer_id, c.account_id
HAVING sum(c.lines) > 0
