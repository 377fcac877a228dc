-- grain: one row per location that the merchant described, keeps stock, shipped, or received
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- `held` and `unvalued` (units without a known cost) are units; `held` counts all goods, whatever is chosen: a full
-- store is full. `shipped` went to buyers, `moved_out` to other locations; each in the last 28 and 91 days.
-- Units below 0 count as none there; `negative` counts the SKUs with such a figure.
WITH seen AS (
    SELECT l.location_id AS location FROM locations AS l
    UNION
    SELECT k.location AS location FROM stock_now AS k
    UNION
    SELECT d.location AS location FROM demand_days AS d WHERE d.location IS NOT NULL AND d.location <> '(none)'
    UNION
    SELECT v.location AS location FROM deliveries AS v
),

held AS (
    SELECT k.location AS location, sum(greatest(k.on_hand, 0)) AS held FROM stock_now AS k GROUP BY k.location
),

stock AS (
    SELECT
        k.location AS location,
        sum(greatest(k.on_hand, 0)) AS on_hand,
        sum(greatest(k.on_hand - k.committed, 0)) AS available,
        sum(greatest(k.on_hand, 0) * i.unit_cost) AS value_at_cost,
        sum(CASE WHEN i.unit_cost IS NULL THEN greatest(k.on_hand, 0) ELSE 0 END) AS unvalued,
        sum(CASE WHEN k.on_hand < 0 THEN 1 ELSE 0 END) AS negative,
        sum(CASE WHEN k.on_hand > 0 THEN 1 ELSE 0 END) AS skus,
        max(k.day) AS counted_on
    FROM stock_now AS k
    LEFT JOIN items AS i ON i.sku = k.sku
    WHERE ($categories_all OR k.category IN $categories) AND ($skus_all OR k.sku IN $skus)
    GROUP BY k.location
),

shipped AS (
    SELECT
        d.location AS location,
        sum(CASE WHEN d.day > CAST($as_of AS DATE) - 28 THEN d.units ELSE 0 END) AS shipped_28,
        sum(d.units) AS shipped_91,
        count(DISTINCT d.region) AS regions_shipped
    FROM demand_days AS d
    WHERE
        d.day > CAST($as_of AS DATE) - 91
        AND d.units > 0
        AND ($categories_all OR d.category IN $categories)
        AND ($skus_all OR d.sku IN $skus)
    GROUP BY d.location
),

received AS (
    SELECT
        v.location AS location,
        sum(CASE WHEN v.received_on > CAST($as_of AS DATE) - 28 THEN v.units ELSE 0 END) AS received_28,
        sum(v.units) AS received_91
    FROM deliveries AS v
    WHERE
        v.received_on > CAST($as_of AS DATE) - 91
        AND ($categories_all OR v.category IN $categories)
        AND ($skus_all OR v.sku IN $skus)
    GROUP BY v.location
),

moved AS (
    SELECT
        v.from_location AS location,
        sum(CASE WHEN v.ordered_on > CAST($as_of AS DATE) - 28 THEN v.units ELSE 0 END) AS moved_out_28,
        sum(v.units) AS moved_out_91
    FROM deliveries AS v
    WHERE
        v.from_location IS NOT NULL
        AND v.ordered_on > CAST($as_of AS DATE) - 91
        AND ($categories_all OR v.category IN $categories)
        AND ($skus_all OR v.sku IN $skus)
    GROUP BY v.from_location
)

SELECT
    n.location AS location,
    coalesce(l.name, n.location) AS name,
    coalesce(l.kind, '(none)') AS kind,
    coalesce(l.region, '(none)') AS region,
    l.ships AS ships,
    l.capacity_units AS capacity,
    l.location_id IS NOT NULL AS described,
    CAST(coalesce(h.held, 0) AS BIGINT) AS held,
    CAST(coalesce(s.on_hand, 0) AS BIGINT) AS on_hand,
    CAST(coalesce(s.available, 0) AS BIGINT) AS available,
    CAST(s.value_at_cost AS DOUBLE) AS value_at_cost,
    CAST(coalesce(s.unvalued, 0) AS BIGINT) AS unvalued,
    CAST(coalesce(s.negative, 0) AS BIGINT) AS negative,
    CAST(coalesce(s.skus, 0) AS BIGINT) AS skus,
    s.counted_on AS counted_on,
    CAST(coalesce(d.shipped_28, 0) AS BIGINT) AS shipped_28,
    CAST(coalesce(d.shipped_91, 0) AS BIGINT) AS shipped_91,
    CAST(coalesce(r.received_28, 0) AS BIGINT) AS received_28,
    CAST(coalesce(r.received_91, 0) AS BIGINT) AS received_91,
    CAST(coalesce(m.moved_out_28, 0) AS BIGINT) AS moved_out_28,
    CAST(coalesce(m.moved_out_91, 0) AS BIGINT) AS moved_out_91,
    CAST(coalesce(d.regions_shipped, 0) AS BIGINT) AS regions_shipped
FROM seen AS n
LEFT JOIN locations AS l ON l.location_id = n.location
LEFT JOIN held AS h ON h.location = n.location
LEFT JOIN stock AS s ON s.location = n.location
LEFT JOIN shipped AS d ON d.location = n.location
LEFT JOIN received AS r ON r.location = n.location
LEFT JOIN moved AS m ON m.location = n.location
ORDER BY n.location
