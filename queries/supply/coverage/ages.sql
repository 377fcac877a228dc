-- grain: one row per location and SKU with something on hand
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- First in, first out: what is on hand now is what landed last. Walked back from the newest delivery, `fresh` landed
-- within 90 days, `middle` 91 to 180 days ago, `old` before that. Units that the known deliveries do not explain are
-- `unknown`: older than the oldest of them, `oldest_days` ago (null where none is known).
WITH landed AS (
    SELECT
        d.location,
        d.sku,
        date_diff('day', d.received_on, $as_of::DATE) AS age,
        sum(d.units)::DOUBLE AS units
    FROM deliveries AS d
    WHERE d.received_on IS NOT NULL AND d.units > 0
    GROUP BY ALL
),

counted AS (
    SELECT k.location, k.sku, k.category, k.region, k.on_hand::DOUBLE AS on_hand
    FROM stock_now AS k
    WHERE k.on_hand > 0
        AND chosen(k.category, $categories, $categories_all)
        AND chosen(k.sku, $skus, $skus_all)
),

slices AS (
    SELECT
        c.location,
        c.sku,
        l.age,
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
    INNER JOIN landed AS l USING (location, sku)
),

explained AS (
    SELECT
        s.location,
        s.sku,
        coalesce(sum(greatest(s.units, 0)) FILTER (WHERE s.age <= 90), 0)::DOUBLE AS fresh,
        coalesce(sum(greatest(s.units, 0)) FILTER (WHERE s.age BETWEEN 91 AND 180), 0)::DOUBLE AS middle,
        coalesce(sum(greatest(s.units, 0)) FILTER (WHERE s.age > 180), 0)::DOUBLE AS old,
        max(s.age)::BIGINT AS oldest_days
    FROM slices AS s
    GROUP BY ALL
)

SELECT
    c.location,
    c.sku,
    c.category,
    c.region,
    c.on_hand,
    coalesce(e.fresh, 0) AS fresh,
    coalesce(e.middle, 0) AS middle,
    coalesce(e.old, 0) AS old,
    c.on_hand - coalesce(e.fresh + e.middle + e.old, 0) AS unknown,
    e.oldest_days
FROM counted AS c
LEFT JOIN explained AS e USING (location, sku)
ORDER BY c.location, c.sku
