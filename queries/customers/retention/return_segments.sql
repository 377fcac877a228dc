-- grain: one row per acquisition channel, region and category, and one for all of them together
-- parameters: $as_of, $days, $acquired_from, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all,
--   $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus,
--   $acquired_skus_all, $bought_channels, $bought_channels_all, $bought_regions, $bought_regions_all,
--   $bought_categories, $bought_categories_all
-- Customers whose first $days days have closed: how many bought again within them, and what they then spent.
WITH acquired AS (
    SELECT
        f.customer_key,
        f.first_channel,
        f.first_region,
        f.first_category
    FROM first_purchases AS f
    WHERE
        f.first_day BETWEEN greatest($acquired_from, $cohort_from) AND $cohort_to
        AND date_diff('day', f.first_day, $as_of) + 1 >= $days
        AND ($acquired_channels_all OR list_contains($acquired_channels, f.first_channel))
        AND ($acquired_regions_all OR list_contains($acquired_regions, f.first_region))
        AND ($acquired_categories_all OR list_contains($acquired_categories, f.first_category))
        AND ($acquired_skus_all OR list_contains($acquired_skus, f.first_sku))
),

returned AS (
    SELECT
        p.customer_key,
        sum(p.revenue) AS revenue
    FROM purchase_parts AS p
    WHERE
        p.day_age BETWEEN 1 AND $days - 1
        AND p.first_day >= $acquired_from
        AND p.day <= $as_of
        AND p.is_purchase
        AND ($bought_channels_all OR list_contains($bought_channels, p.channel))
        AND ($bought_regions_all OR list_contains($bought_regions, p.region))
        AND ($bought_categories_all OR list_contains($bought_categories, p.category))
    GROUP BY p.customer_key
)

SELECT
    CASE
        WHEN grouping(a.first_channel) = 0 THEN 'channel'
        WHEN grouping(a.first_region) = 0 THEN 'region'
        WHEN grouping(a.first_category) = 0 THEN 'category'
        ELSE 'all'
    END AS segment_kind,
    coalesce(a.first_channel, a.first_region, a.first_category) AS segment,
    count(*) AS n,
    count(r.customer_key) AS returned,
    coalesce(sum(r.revenue), 0)::DOUBLE AS revenue
FROM acquired AS a
LEFT JOIN returned AS r ON r.customer_key = a.customer_key
GROUP BY GROUPING SETS ((a.first_channel), (a.first_region), (a.first_category), ())
ORDER BY ALL
