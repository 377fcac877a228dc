-- grain: one row in all; none where nothing is known of stock
-- parameters: none
-- Days between the first and the last snapshot without any are unknown: neither in stock nor out.
-- The few figures below 0 are counted on their own: distinct pairs under a FILTER are formed of every row first.
WITH below_zero AS (
    SELECT s.location, s.sku
    FROM stock_days AS s
    WHERE s.on_hand < 0
    GROUP BY ALL
)

SELECT
    min(s.day) AS first_day,
    max(s.day) AS last_day,
    count(DISTINCT s.day) AS snapshot_days,
    count(DISTINCT s.location) AS locations,
    (SELECT count(*) FROM below_zero) AS negative
FROM stock_days AS s
HAVING count(*) > 0
