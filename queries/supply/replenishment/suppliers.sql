-- grain: one row per supplier that delivered, or of whom somebody says how long he takes
-- parameters: none
-- Days from order to arrival: as measured on what landed (`measured_days`, `measured_sd`, over `deliveries`), and as the
-- products table says (mean over its items). Moves between locations are no deliveries of a supplier.
WITH landed AS (
    SELECT i.supplier, (d.received_on - d.ordered_on)::DOUBLE AS days
    FROM deliveries AS d
    INNER JOIN items AS i USING (sku)
    WHERE NOT d.is_open AND d.from_location IS NULL AND d.ordered_on IS NOT NULL AND d.received_on >= d.ordered_on
),

measured AS (
    SELECT
        l.supplier,
        count(*) AS deliveries,
        avg(l.days)::DOUBLE AS measured_days,
        coalesce(stddev_samp(l.days), 0)::DOUBLE AS measured_sd
    FROM landed AS l
    WHERE l.supplier IS NOT NULL
    GROUP BY ALL
),

stated AS (
    SELECT
        i.supplier,
        count(*) AS skus,
        avg(i.lead_days)::DOUBLE AS stated_days,
        avg(i.lead_sd)::DOUBLE AS stated_sd
    FROM items AS i
    WHERE i.supplier IS NOT NULL
    GROUP BY ALL
)

SELECT
    s.supplier,
    s.skus,
    s.stated_days,
    s.stated_sd,
    coalesce(m.deliveries, 0) AS deliveries,
    m.measured_days,
    m.measured_sd
FROM stated AS s
LEFT JOIN measured AS m USING (supplier)
ORDER BY s.supplier
