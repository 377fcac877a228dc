-- grain: one row per segment and distinct purchase history (frequency, recency, T), as seen on the version's last day
-- parameters: $by
-- Times are in days. `segment` is the channel, year or region of the first purchase, or NULL for the whole shop.
SELECT
    CASE $by
        WHEN 'channel' THEN h.first_channel
        WHEN 'cohort' THEN year(h.first_day)::VARCHAR
        WHEN 'region' THEN h.first_region
    END AS segment,
    h.frequency,
    h.recency,
    h.T,
    count(*) AS customers
FROM customer_history AS h
GROUP BY ALL
ORDER BY ALL
