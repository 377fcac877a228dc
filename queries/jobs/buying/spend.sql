-- grain: one row per frequency and mean value of repeat purchases, of customers who came back
-- parameters: $value
-- `monetary_value` is net revenue or margin, in shop currency; customers whose value is not known are left out.
SELECT
    h.frequency,
    CASE $value WHEN 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
    count(*) AS customers
FROM customer_history AS h
WHERE h.frequency > 0 AND CASE $value WHEN 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END IS NOT NULL
GROUP BY ALL
ORDER BY ALL
