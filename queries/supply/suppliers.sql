-- grain: one row per supplier that delivered, or of whom somebody says how long he takes
-- parameters: $as_of
-- Of deliveries ordered in the last 365 days. Days from order to arrival as measured (`measured_days`, `measured_sd`,
-- over `deliveries`, of which `orders` came on days of their own), and against what the products table says of the item
-- (`deviation_days`, `deviation_sd`; null where it says nothing). Shares of what had a due day and landed or is late:
-- `early_share` before it, `late_share` after it, by `days_late` on average; what is on its way still though its due day
-- has passed (`overdue` of them) is late too, by the days so far. `short_share` of what landed brought less than was
-- ordered. `stated_days`: mean over the supplier's items. Moves between locations are no deliveries of a supplier, nor is
-- what comes to a store or dealer that a warehouse supplies.
WITH supplied AS (
    SELECT DISTINCT l.to_location AS location
    FROM lanes AS l
    INNER JOIN locations AS w ON w.location_id = l.from_location AND w.kind = 'warehouse'
    INNER JOIN locations AS t ON t.location_id = l.to_location AND t.kind IN ('store', 'dealer')
),

lines AS (
    SELECT
        i.supplier,
        d.location,
        d.ordered_on,
        d.received_on,
        CASE WHEN d.received_on >= d.ordered_on THEN (d.received_on - d.ordered_on)::DOUBLE END AS days,
        i.lead_days::DOUBLE AS stated,
        CASE
            WHEN d.is_open AND d.due_on < $as_of::DATE THEN ($as_of::DATE - d.due_on)::DOUBLE
            ELSE (d.received_on - d.due_on)::DOUBLE
        END AS after_due,
        d.units < d.ordered_units AS is_short,
        d.is_open AND d.due_on < $as_of::DATE AS is_overdue
    FROM deliveries AS d
    INNER JOIN items AS i USING (sku)
    LEFT JOIN supplied AS s ON s.location = d.location
    WHERE i.supplier IS NOT NULL
        AND d.from_location IS NULL
        AND s.location IS NULL
        AND d.ordered_on > $as_of::DATE - 365
),

measured AS (
    SELECT
        l.supplier,
        count(l.days) AS deliveries,
        count(DISTINCT (l.location, l.ordered_on, l.received_on)) FILTER (WHERE l.days IS NOT NULL) AS orders,
        avg(l.days)::DOUBLE AS measured_days,
        coalesce(stddev_samp(l.days), 0)::DOUBLE AS measured_sd,
        avg(l.days - l.stated)::DOUBLE AS deviation_days,
        stddev_samp(l.days - l.stated)::DOUBLE AS deviation_sd,
        avg((l.after_due < 0)::INTEGER)::DOUBLE AS early_share,
        avg((l.after_due > 0)::INTEGER)::DOUBLE AS late_share,
        (avg(l.after_due) FILTER (WHERE l.after_due > 0))::DOUBLE AS days_late,
        (avg(l.is_short::INTEGER) FILTER (WHERE l.received_on IS NOT NULL))::DOUBLE AS short_share,
        count(*) FILTER (WHERE l.is_overdue) AS overdue
    FROM lines AS l
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
    coalesce(m.orders, 0) AS orders,
    m.measured_days,
    CASE WHEN m.deliveries > 0 THEN m.measured_sd END AS measured_sd,
    m.deviation_days,
    m.deviation_sd,
    1 - m.late_share AS on_time_share,
    m.early_share,
    m.late_share,
    m.days_late,
    m.short_share,
    coalesce(m.overdue, 0) AS overdue
FROM stated AS s
LEFT JOIN measured AS m USING (supplier)
ORDER BY s.supplier
