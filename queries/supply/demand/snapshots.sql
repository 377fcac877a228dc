-- grain: one row in all; none where nothing is known of stock
-- parameters: none
-- Days between the first and the last snapshot without any are unknown: neither in stock nor out.
SELECT
    min(s.day) AS first_day,
    max(s.day) AS last_day,
    count(DISTINCT s.day) AS snapshot_days,
    count(DISTINCT s.location) AS locations,
    count(DISTINCT (s.location, s.sku)) FILTER (WHERE s.on_hand < 0) AS negative
FROM stock_days AS s
HAVING count(*) > 0
