-- grain: one row per location and SKU that ever had a stock snapshot
-- parameters: $as_of
-- after: stock_days
-- scope: category=category region=region
-- The newest snapshot up to as-of, and the newest one of a week before that. `last_in_stock` is the last day with
-- something on hand, `out_days` counts snapshots of the last 28 days without. An item that had something on hand and is
-- missing from its location's newest count is `unknown_since` its own newest: nobody knows what is left, so `day`,
-- `on_hand` and `committed` are empty and `last_on_hand` keeps what there was.
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
        max(CASE WHEN s.day <= $as_of - 7 THEN s.day END) OVER (PARTITION BY s.location, s.sku) AS week_before,
        max(s.day) OVER (PARTITION BY s.location) AS newest_count,
        max(s.day) OVER (PARTITION BY s.location, s.sku) AS own_newest
    FROM stock_days AS s
),

judged AS (
    SELECT
        m.*,
        m.own_newest < m.newest_count
        AND max(CASE WHEN m.latest = 1 THEN m.on_hand END) OVER (PARTITION BY m.location, m.sku) > 0 AS is_unknown
    FROM marked AS m
)

SELECT
    m.location,
    m.sku,
    m.category,
    m.region,
    max(m.day) FILTER (WHERE m.latest = 1 AND NOT m.is_unknown) AS day,
    CAST(sum(m.on_hand) FILTER (WHERE m.latest = 1 AND NOT m.is_unknown) AS DOUBLE) AS on_hand,
    CAST(sum(m.committed) FILTER (WHERE m.latest = 1 AND NOT m.is_unknown) AS DOUBLE) AS committed,
    CAST(sum(m.on_hand) FILTER (WHERE m.day = m.week_before) AS DOUBLE) AS on_hand_before,
    CAST(sum(m.committed) FILTER (WHERE m.day = m.week_before) AS DOUBLE) AS committed_before,
    min(m.day) AS first_day,
    max(m.day) FILTER (WHERE m.on_hand > 0) AS last_in_stock,
    CAST(count(*) FILTER (WHERE m.day > $as_of - 28 AND m.on_hand <= 0) AS BIGINT) AS out_days,
    CAST(count(*) FILTER (WHERE m.day > $as_of - 28) AS BIGINT) AS snapshot_days,
    max(m.own_newest) FILTER (WHERE m.is_unknown) AS unknown_since,
    CAST(sum(m.on_hand) FILTER (WHERE m.latest = 1) AS DOUBLE) AS last_on_hand
FROM judged AS m
GROUP BY m.location, m.sku, m.category, m.region
ORDER BY m.location, m.sku
