-- grain: one row per moment (now, before), location, SKU and days until open deliveries land there
-- parameters: $as_of, $categories, $categories_all, $skus, $skus_all
-- `before` is a week ago: what was open then, and when it was due. A delivery that is late lands tomorrow at the
-- earliest. `days` counts from the moment.
WITH open_lines AS (
    SELECT
        'now' AS moment,
        d.location AS location,
        d.sku AS sku,
        d.category AS category,
        d.region AS region,
        date_diff('day', CAST($as_of AS DATE), d.expected_on) AS days,
        d.units AS units
    FROM deliveries AS d
    WHERE d.is_open
        AND ($categories_all OR d.category IN $categories)
        AND ($skus_all OR d.sku IN $skus)
    UNION ALL
    SELECT
        'before' AS moment,
        d.location AS location,
        d.sku AS sku,
        d.category AS category,
        d.region AS region,
        greatest(date_diff('day', CAST($as_of AS DATE) - 7, d.due_on), 1) AS days,
        d.units AS units
    FROM deliveries AS d
    WHERE (d.is_open OR d.received_on > CAST($as_of AS DATE) - 7)
        AND coalesce(d.ordered_on, d.due_on) <= CAST($as_of AS DATE) - 7
        AND ($categories_all OR d.category IN $categories)
        AND ($skus_all OR d.sku IN $skus)
)

SELECT
    o.moment AS moment,
    o.location AS location,
    o.sku AS sku,
    o.category AS category,
    o.region AS region,
    CAST(o.days AS BIGINT) AS days,
    CAST(sum(o.units) AS DOUBLE) AS units
FROM open_lines AS o
GROUP BY o.moment, o.location, o.sku, o.category, o.region, o.days
ORDER BY o.moment, o.location, o.sku, o.days
