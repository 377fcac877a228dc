-- grain: one row for the goods chosen: what was sold in, in the last 365 days, to dealers whose own sales are not there
-- parameters: $as_of, $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
SELECT
    coalesce(sum(n.units), 0)::DOUBLE AS units,
    count(DISTINCT n.region) AS regions
FROM sell_in_days AS n
WHERE n.day > $as_of::DATE - 365
    AND chosen(n.category, $categories, $categories_all)
    AND chosen(n.region, $regions, $regions_all)
    AND chosen(n.sku, $skus, $skus_all)
