-- grain: one row per location that the merchant described, keeps stock, shipped, or received
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- `held` and `unvalued` (units without a known cost) are units; `held` counts all goods, whatever is chosen: a full
-- store is full. `shipped` went to buyers, `moved_out` to other locations; each in the last 28 and 91 days.
-- `opening_cost` is money once, `running_cost` money a month.
-- Units below 0 count as none there; `negative` counts the SKUs with such a figure.
WITH seen AS (
    SELECT l.location_id AS location FROM locations AS l
    UNION
    SELECT k.location FROM stock_now AS k
    UNION
    SELECT d.location FROM demand_at_nodes() AS d WHERE d.location IS NOT NULL AND d.location <> '(none)'
    UNION
    SELECT v.location FROM deliveries AS v
),

held AS (
    SELECT k.location, sum(greatest(k.on_hand, 0)) AS held FROM stock_now AS k GROUP BY ALL
),

stock AS (
    SELECT
        k.location,
        sum(greatest(k.on_hand, 0)) AS on_hand,
        sum(greatest(k.on_hand - k.committed, 0)) AS available,
        sum(greatest(k.on_hand, 0) * i.unit_cost) AS value_at_cost,
        coalesce(sum(greatest(k.on_hand, 0)) FILTER (WHERE i.unit_cost IS NULL), 0) AS unvalued,
        count(*) FILTER (WHERE k.on_hand < 0) AS negative,
        count(*) FILTER (WHERE k.on_hand > 0) AS skus,
        max(k.day) AS counted_on
    FROM stock_now AS k
    LEFT JOIN items AS i USING (sku)
    WHERE chosen(k.category, $categories, $categories_all) AND chosen(k.sku, $skus, $skus_all)
    GROUP BY ALL
),

shipped AS (
    SELECT
        d.location,
        coalesce(sum(d.units) FILTER (WHERE d.day > $as_of::DATE - 28), 0) AS shipped_28,
        sum(d.units) AS shipped_91,
        count(DISTINCT d.region) AS regions_shipped
    FROM demand_at_nodes() AS d
    WHERE
        d.day > $as_of::DATE - 91
        AND d.units > 0
        AND chosen(d.category, $categories, $categories_all)
        AND chosen(d.sku, $skus, $skus_all)
    GROUP BY ALL
),

received AS (
    SELECT
        v.location,
        coalesce(sum(v.units) FILTER (WHERE v.received_on > $as_of::DATE - 28), 0) AS received_28,
        sum(v.units) AS received_91
    FROM deliveries AS v
    WHERE
        v.received_on > $as_of::DATE - 91
        AND chosen(v.category, $categories, $categories_all)
        AND chosen(v.sku, $skus, $skus_all)
    GROUP BY ALL
),

moved AS (
    SELECT
        v.from_location AS location,
        coalesce(sum(v.units) FILTER (WHERE v.ordered_on > $as_of::DATE - 28), 0) AS moved_out_28,
        sum(v.units) AS moved_out_91
    FROM deliveries AS v
    WHERE
        v.from_location IS NOT NULL
        AND v.ordered_on > $as_of::DATE - 91
        AND chosen(v.category, $categories, $categories_all)
        AND chosen(v.sku, $skus, $skus_all)
    GROUP BY ALL
)

SELECT
    n.location,
    coalesce(l.name, n.location) AS name,
    coalesce(l.kind, '(none)') AS kind,
    coalesce(l.region, '(none)') AS region,
    l.ships,
    l.capacity_units::DOUBLE AS capacity,
    l.opening_cost::DOUBLE AS opening_cost,
    l.running_cost::DOUBLE AS running_cost,
    l.location_id IS NOT NULL AS described,
    coalesce(h.held, 0)::DOUBLE AS held,
    coalesce(s.on_hand, 0)::DOUBLE AS on_hand,
    coalesce(s.available, 0)::DOUBLE AS available,
    s.value_at_cost::DOUBLE AS value_at_cost,
    coalesce(s.unvalued, 0)::DOUBLE AS unvalued,
    coalesce(s.negative, 0)::BIGINT AS negative,
    coalesce(s.skus, 0)::BIGINT AS skus,
    s.counted_on,
    coalesce(d.shipped_28, 0)::DOUBLE AS shipped_28,
    coalesce(d.shipped_91, 0)::DOUBLE AS shipped_91,
    coalesce(r.received_28, 0)::DOUBLE AS received_28,
    coalesce(r.received_91, 0)::DOUBLE AS received_91,
    coalesce(m.moved_out_28, 0)::DOUBLE AS moved_out_28,
    coalesce(m.moved_out_91, 0)::DOUBLE AS moved_out_91,
    coalesce(d.regions_shipped, 0)::BIGINT AS regions_shipped
FROM seen AS n
LEFT JOIN locations AS l ON l.location_id = n.location
LEFT JOIN held AS h USING (location)
LEFT JOIN stock AS s USING (location)
LEFT JOIN shipped AS d USING (location)
LEFT JOIN received AS r USING (location)
LEFT JOIN moved AS m USING (location)
ORDER BY n.location
