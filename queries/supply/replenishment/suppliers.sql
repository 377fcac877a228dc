-- grain: one row per supplier that delivered, or of whom somebody says how long he takes
-- parameters: none
-- Days from order to arrival: as measured on what landed (`measured_days`, `measured_sd`, over `deliveries`), and as the
-- products table says (mean over its items). Moves between locations are no deliveries of a supplier.
WITH landed AS (
    SELECT i.supplier AS supplier, CAST(d.received_on - d.ordered_on AS DOUBLE) AS days
    FROM deliveries AS d
    INNER JOIN items AS i ON i.sku = d.sku
    WHERE NOT d.is_open AND d.from_location IS NULL AND d.ordered_on IS NOT NULL AND d.received_on >= d.ordered_on
),

measured AS (
    SELECT
        l.supplier AS supplier,
        CAST(count(*) AS BIGINT) AS deliveries,
        CAST(avg(l.days) AS DOUBLE) AS measured_days,
        CAST(coalesce(stddev_samp(l.days), 0) AS DOUBLE) AS measured_sd
    FROM landed AS l
    WHERE l.supplier IS NOT NULL
    GROUP BY l.supplier
),

stated AS (
    SELECT
        i.supplier AS supplier,
        CAST(count(*) AS BIGINT) AS skus,
        CAST(avg(i.lead_days) AS DOUBLE) AS stated_days,
        CAST(avg(i.lead_sd) AS DOUBLE) AS stated_sd
    FROM items AS i
    WHERE i.supplier IS NOT NULL
    GROUP BY i.supplier
)

SELECT
    s.supplier AS supplier,
    s.skus AS skus,
    s.stated_days AS stated_days,
    s.stated_sd AS stated_sd,
    coalesce(m.deliveries, 0) AS deliveries,
    m.measured_days AS measured_days,
    m.measured_sd AS measured_sd
FROM stated AS s
LEFT JOIN measured AS m ON m.supplier = s.supplier
ORDER BY s.supplier
