-- grain: one row for the whole shop; none where nobody is known
-- parameters: $as_of
-- What the customer pages lead with, for accounts as they are linked now. `back_90`: of customers first seen 90 days
-- ago or earlier, those who bought again within 90 days; NULL where there is none.
WITH second AS (
    SELECT
        customer_key,
        min(day_age) AS days
    FROM purchases
    WHERE is_purchase AND day_age > 0
    GROUP BY ALL
)

SELECT
    count(*) AS customers,
    avg((h.frequency > 0)::INTEGER) AS repeat_share,
    avg((coalesce(s.days, 91) <= 90)::INTEGER) FILTER (WHERE h.T >= 90) AS back_90,
    avg((date_diff('day', h.last_day, $as_of::DATE) > 180)::INTEGER) AS silent_180,
    avg(h.orders)::DOUBLE AS orders_per_customer,
    avg(h.revenue)::DOUBLE AS revenue_per_customer
FROM customer_history AS h
LEFT JOIN second AS s USING (customer_key)
HAVING count(*) > 0
