-- grain: one row per location and SKU that ever had a stock snapshot
-- parameters: $as_of
-- after: stock_days
-- scope: category=category region=region
-- The newest snapshot up to as-of, and the newest one of a week before that. `last_in_stock` is the last day with
-- something on hand, `out_days` counts snapshots of the last 28 days without.
WITH marked AS (
    SELECT
        s.location,
        s.sku,
        s.category,
        s.region,
        s.day,
        s.on_hand,
        s.committed,
        row_number() OVER (PARTITION BY s.location, s.sku ORDER BY s.day DESC) AS latest,
        max(CASE WHEN s.day <= $as_of - 7 THEN s.day END) OVER (PARTITION BY s.location, s.sku) AS week_before
    FROM stock_days AS s
)

SELECT
    m.location,
    m.sku,
    m.category,
    m.region,
    max(m.day) FILTER (WHERE m.latest = 1) AS day,
    CAST(coalesce(sum(m.on_hand) FILTER (WHERE m.latest = 1), 0) AS BIGINT) AS on_hand,
    CAST(coalesce(sum(m.committed) FILTER (WHERE m.latest = 1), 0) AS BIGINT) AS committed,
    CAST(sum(m.on_hand) FILTER (WHERE m.day = m.week_before) AS BIGINT) AS on_hand_before,
    CAST(sum(m.committed) FILTER (WHERE m.day = m.week_before) AS BIGINT) AS committed_before,
    min(m.day) AS first_day,
    max(m.day) FILTER (WHERE m.on_hand > 0) AS last_in_stock,
    CAST(count(*) FILTER (WHERE m.day > $as_of - 28 AND m.on_hand <= 0) AS BIGINT) AS out_days,
    CAST(count(*) FILTER (WHERE m.day > $as_of - 28) AS BIGINT) AS snapshot_days
FROM marked AS m
GROUP BY m.location, m.sku, m.category, m.region
ORDER BY m.location, m.sku
