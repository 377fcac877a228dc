-- grain: one row per location, SKU and day after `since`, up to as-of, of which anything is known
-- parameters: $since, $locations, $skus
-- `sold` to buyers from there, `moved_out` to other locations on that day, `landed` there; `on_hand` in the evening, null
-- where nobody counted.
WITH told AS (
    SELECT d.location, d.sku, d.day, d.units AS sold, 0 AS moved_out, 0 AS landed,
        NULL::DOUBLE AS on_hand
    FROM demand_at_nodes() AS d
    WHERE d.day > $since::DATE AND d.location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT d.from_location AS location, d.sku, d.ordered_on AS day, 0 AS sold, d.units AS moved_out, 0 AS landed,
        NULL::DOUBLE AS on_hand
    FROM deliveries AS d
    WHERE d.ordered_on > $since::DATE AND d.from_location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT d.location, d.sku, d.received_on AS day, 0 AS sold, 0 AS moved_out, d.units AS landed,
        NULL::DOUBLE AS on_hand
    FROM deliveries AS d
    WHERE d.received_on > $since::DATE AND d.location IN $locations AND d.sku IN $skus
    UNION ALL
    SELECT s.location, s.sku, s.day, 0 AS sold, 0 AS moved_out, 0 AS landed,
        s.on_hand::DOUBLE AS on_hand
    FROM stock_days AS s
    WHERE s.day > $since::DATE AND s.location IN $locations AND s.sku IN $skus
)

SELECT
    t.location,
    t.sku,
    t.day,
    sum(t.sold)::DOUBLE AS sold,
    sum(t.moved_out)::DOUBLE AS moved_out,
    sum(t.landed)::DOUBLE AS landed,
    sum(t.on_hand)::DOUBLE AS on_hand
FROM told AS t
GROUP BY ALL
ORDER BY t.location, t.sku, t.day
