-- grain: one row per acquisition channel, region and category, and one for all of them together
-- parameters: $as_of, $days, $acquired_from, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all,
--   $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus,
--   $acquired_skus_all, $bought_channels, $bought_channels_all, $bought_regions, $bought_regions_all,
--   $bought_categories, $bought_categories_all
-- Customers whose first $days days have closed: how many bought again within them, and what they then spent.
WITH newcomers AS (
    SELECT
        f.customer_key,
        f.first_channel,
        f.first_region,
        f.first_category
    FROM first_purchases AS f
    WHERE
        acquired(
            f.first_day, f.first_channel, f.first_region, f.first_category, f.first_sku,
            greatest($acquired_from, $cohort_from), $cohort_to, $acquired_channels, $acquired_channels_all,
            $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all,
            $acquired_skus, $acquired_skus_all
        )
        AND date_diff('day', f.first_day, $as_of) + 1 >= $days
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
        AND chosen(p.channel, $bought_channels, $bought_channels_all)
        AND chosen(p.region, $bought_regions, $bought_regions_all)
        AND chosen(p.category, $bought_categories, $bought_categories_all)
    GROUP BY ALL
)

SELECT
    CASE
        WHEN grouping(n.first_channel) = 0 THEN 'channel'
        WHEN grouping(n.first_region) = 0 THEN 'region'
        WHEN grouping(n.first_category) = 0 THEN 'category'
        ELSE 'all'
    END AS segment_kind,
    coalesce(n.first_channel, n.first_region, n.first_category) AS segment,
    count(*) AS n,
    count(r.customer_key) AS returned,
    coalesce(sum(r.revenue), 0)::DOUBLE AS revenue
FROM newcomers AS n
LEFT JOIN returned AS r USING (customer_key)
GROUP BY GROUPING SETS ((n.first_channel), (n.first_region), (n.first_category), ())
ORDER BY ALL
