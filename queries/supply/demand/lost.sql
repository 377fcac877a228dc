-- grain: one row per SKU, and ship-to region or location where $by says so
-- parameters: $by, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all, $locations, $locations_all
-- $by is sku, region or location. `out_days` counts days x locations on which the SKU was out: two stores out on one
-- day are two.
SELECT
    l.sku,
    l.category,
    CASE WHEN $by = 'region' THEN l.region END AS region,
    CASE WHEN $by = 'location' THEN l.location END AS location,
    count(DISTINCT (l.location, l.day)) AS out_days,
    count(DISTINCT l.location) AS locations,
    max(l.day) AS last_day,
    sum(l.baseline)::DOUBLE AS baseline,
    sum(l.sold)::DOUBLE AS sold,
    sum(l.lost)::DOUBLE AS lost
FROM lost_units AS l
WHERE chosen(l.category, $categories, $categories_all)
    AND chosen(l.region, $regions, $regions_all)
    AND chosen(l.sku, $skus, $skus_all)
    AND chosen(l.location, $locations, $locations_all)
GROUP BY ALL
ORDER BY l.sku, l.category, region, location
