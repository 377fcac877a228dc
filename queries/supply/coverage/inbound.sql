-- grain: one row per moment (now, before), location, SKU and days until open deliveries land there
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- `before` is a week ago: what was open then, and when it was due. A delivery that is late lands tomorrow at the
-- earliest; one overdue by more than 30 days is not counted on. `days` counts from the moment.
WITH open_lines AS (
    SELECT
        'now' AS moment,
        d.location,
        d.sku,
        d.category,
        d.region,
        date_diff('day', $as_of::DATE, d.expected_on) AS days,
        d.units
    FROM deliveries AS d
    WHERE d.expected_on IS NOT NULL
        AND chosen(d.category, $categories, $categories_all)
        AND chosen(d.sku, $skus, $skus_all)
    UNION ALL
    SELECT
        'before' AS moment,
        d.location,
        d.sku,
        d.category,
        d.region,
        greatest(date_diff('day', $as_of::DATE - 7, d.due_on), 1) AS days,
        d.units
    FROM deliveries AS d
    WHERE (d.is_open OR d.received_on > $as_of::DATE - 7)
        AND coalesce(d.ordered_on, d.due_on) <= $as_of::DATE - 7
        AND d.due_on >= $as_of::DATE - 37
        AND chosen(d.category, $categories, $categories_all)
        AND chosen(d.sku, $skus, $skus_all)
)

SELECT
    o.moment,
    o.location,
    o.sku,
    o.category,
    o.region,
    o.days,
    sum(o.units)::DOUBLE AS units
FROM open_lines AS o
GROUP BY ALL
ORDER BY o.moment, o.location, o.sku, o.days
