-- grain: one row per SKU, and ship-to region or location where $by says so
-- parameters: $by, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all, $locations, $locations_all
-- $by is sku, region or location. `out_days` counts days x locations on which the SKU was out: two stores out on one
-- day are two.
SELECT
    l.sku AS sku,
    l.category AS category,
    CASE WHEN $by = 'region' THEN l.region END AS region,
    CASE WHEN $by = 'location' THEN l.location END AS location,
    count(DISTINCT (l.location, l.day)) AS out_days,
    count(DISTINCT l.location) AS locations,
    max(l.day) AS last_day,
    CAST(sum(l.baseline) AS DOUBLE) AS baseline,
    CAST(sum(l.sold) AS DOUBLE) AS sold,
    CAST(sum(l.lost) AS DOUBLE) AS lost
FROM lost_units AS l
WHERE ($categories_all OR l.category IN $categories)
    AND ($regions_all OR l.region IN $regions)
    AND ($skus_all OR l.sku IN $skus)
    AND ($locations_all OR l.location IN $locations)
GROUP BY
    l.sku, l.category, CASE WHEN $by = 'region' THEN l.region END, CASE WHEN $by = 'location' THEN l.location END
ORDER BY l.sku, l.category, region, location
