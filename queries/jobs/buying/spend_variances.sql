-- grain: one row per frequency, mean value and variance of repeat purchases, of customers who came back
-- parameters: $value
-- `variance` is that of the customer's own repeat purchases, in shop currency squared; NULL below two of them.
-- `monetary_value` as in `spend`.
WITH variances AS (
    SELECT
        p.customer_key,
        var_samp(CASE $value WHEN 'margin' THEN p.margin ELSE p.revenue END) AS variance
    FROM purchases AS p
    WHERE p.is_purchase AND p.day > p.first_day
    GROUP BY ALL
)

SELECT
    h.frequency,
    CASE $value WHEN 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
    v.variance,
    count(*) AS customers
FROM customer_history AS h
INNER JOIN variances AS v ON v.customer_key = h.customer_key
WHERE h.frequency > 0 AND CASE $value WHEN 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END IS NOT NULL
GROUP BY ALL
ORDER BY ALL
