-- grain: one row per location and SKU with something on hand
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- First in, first out: what is on hand now is what landed last. Walked back from the newest delivery, `fresh` landed
-- within 90 days, `middle` 91 to 180 days ago, `old` before that. Units that the known deliveries do not explain are
-- `unknown`: older than the oldest of them, `oldest_days` ago (null where none is known).
WITH landed AS (
    SELECT
        d.location AS location,
        d.sku AS sku,
        date_diff('day', d.received_on, CAST($as_of AS DATE)) AS age,
        CAST(sum(d.units) AS DOUBLE) AS units
    FROM deliveries AS d
    WHERE d.received_on IS NOT NULL AND d.units > 0
    GROUP BY d.location, d.sku, d.received_on
),

counted AS (
    SELECT k.location AS location, k.sku AS sku, k.category AS category, k.region AS region, k.on_hand AS on_hand
    FROM stock_now AS k
    WHERE k.on_hand > 0
        AND ($categories_all OR k.category IN $categories)
        AND ($skus_all OR k.sku IN $skus)
),

slices AS (
    SELECT
        c.location AS location,
        c.sku AS sku,
        l.age AS age,
        least(
            l.units,
            c.on_hand - (
                sum(l.units) OVER (
                    PARTITION BY c.location, c.sku ORDER BY l.age
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) - l.units
            )
        ) AS units
    FROM counted AS c
    INNER JOIN landed AS l ON l.location = c.location AND l.sku = c.sku
),

explained AS (
    SELECT
        s.location AS location,
        s.sku AS sku,
        CAST(sum(CASE WHEN s.age <= 90 THEN greatest(s.units, 0) ELSE 0 END) AS DOUBLE) AS fresh,
        CAST(sum(CASE WHEN s.age BETWEEN 91 AND 180 THEN greatest(s.units, 0) ELSE 0 END) AS DOUBLE) AS middle,
        CAST(sum(CASE WHEN s.age > 180 THEN greatest(s.units, 0) ELSE 0 END) AS DOUBLE) AS old,
        CAST(max(s.age) AS BIGINT) AS oldest_days
    FROM slices AS s
    GROUP BY s.location, s.sku
)

SELECT
    c.location AS location,
    c.sku AS sku,
    c.category AS category,
    c.region AS region,
    CAST(c.on_hand AS DOUBLE) AS on_hand,
    coalesce(e.fresh, 0) AS fresh,
    coalesce(e.middle, 0) AS middle,
    coalesce(e.old, 0) AS old,
    CAST(c.on_hand AS DOUBLE) - coalesce(e.fresh + e.middle + e.old, 0) AS unknown,
    e.oldest_days AS oldest_days
FROM counted AS c
LEFT JOIN explained AS e ON e.location = c.location AND e.sku = c.sku
ORDER BY c.location, c.sku
