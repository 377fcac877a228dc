-- grain: one row per location and SKU that ever had a stock snapshot
-- parameters: $as_of
-- after: stock_days
-- scope: category=category region=region
-- The newest snapshot up to as-of, and the newest one of a week before that. `last_in_stock` is the last day with
-- something on hand, `out_days` counts snapshots of the last 28 days without.
WITH marked AS (
    SELECT
        s.location AS location,
        s.sku AS sku,
        s.category AS category,
        s.region AS region,
        s.day AS day,
        s.on_hand AS on_hand,
        s.committed AS committed,
        row_number() OVER (PARTITION BY s.location, s.sku ORDER BY s.day DESC) AS latest,
        max(CASE WHEN s.day <= $as_of - 7 THEN s.day END) OVER (PARTITION BY s.location, s.sku) AS week_before
    FROM stock_days AS s
)

SELECT
    m.location AS location,
    m.sku AS sku,
    m.category AS category,
    m.region AS region,
    max(CASE WHEN m.latest = 1 THEN m.day END) AS day,
    CAST(sum(CASE WHEN m.latest = 1 THEN m.on_hand ELSE 0 END) AS BIGINT) AS on_hand,
    CAST(sum(CASE WHEN m.latest = 1 THEN m.committed ELSE 0 END) AS BIGINT) AS committed,
    CAST(sum(CASE WHEN m.day = m.week_before THEN m.on_hand END) AS BIGINT) AS on_hand_before,
    CAST(sum(CASE WHEN m.day = m.week_before THEN m.committed END) AS BIGINT) AS committed_before,
    min(m.day) AS first_day,
    max(CASE WHEN m.on_hand > 0 THEN m.day END) AS last_in_stock,
    CAST(sum(CASE WHEN m.day > $as_of - 28 AND m.on_hand <= 0 THEN 1 ELSE 0 END) AS BIGINT) AS out_days,
    CAST(sum(CASE WHEN m.day > $as_of - 28 THEN 1 ELSE 0 END) AS BIGINT) AS snapshot_days
FROM marked AS m
GROUP BY m.location, m.sku, m.category, m.region
ORDER BY m.location, m.sku
