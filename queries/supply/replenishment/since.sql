-- grain: one row per location, SKU and day after `since`, up to as-of, of which anything is known
-- parameters: $since, $locations, $skus
-- `sold` to buyers from there, `moved_out` to other locations on that day, `landed` there; `on_hand` in the evening, null
-- where nobody counted.
WITH told AS (
    SELECT d.location AS location, d.sku AS sku, d.day AS day, d.units AS sold, 0 AS moved_out, 0 AS landed,
        CAST(NULL AS BIGINT) AS on_hand
    FROM demand_days AS d
    WHERE d.day > CAST($since AS DATE) AND d.location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT d.from_location AS location, d.sku AS sku, d.ordered_on AS day, 0 AS sold, d.units AS moved_out, 0 AS landed,
        CAST(NULL AS BIGINT) AS on_hand
    FROM deliveries AS d
    WHERE d.ordered_on > CAST($since AS DATE) AND d.from_location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT d.location AS location, d.sku AS sku, d.received_on AS day, 0 AS sold, 0 AS moved_out, d.units AS landed,
        CAST(NULL AS BIGINT) AS on_hand
    FROM deliveries AS d
    WHERE d.received_on > CAST($since AS DATE) AND d.location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT s.location AS location, s.sku AS sku, s.day AS day, 0 AS sold, 0 AS moved_out, 0 AS landed,
        s.on_hand AS on_hand
    FROM stock_days AS s
    WHERE s.day > CAST($since AS DATE) AND s.location IN $locations AND s.sku IN $skus
)

SELECT
    t.location AS location,
    t.sku AS sku,
    t.day AS day,
    CAST(sum(t.sold) AS DOUBLE) AS sold,
    CAST(sum(t.moved_out) AS DOUBLE) AS moved_out,
    CAST(sum(t.landed) AS DOUBLE) AS landed,
    CAST(sum(t.on_hand) AS BIGINT) AS on_hand
FROM told AS t
GROUP BY t.location, t.sku, t.day
ORDER BY t.location, t.sku, t.day
