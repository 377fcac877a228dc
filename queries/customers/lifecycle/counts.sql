-- grain: one row per stage and month's end (or $as_of, the last): who came into the stage since the one before, less
--   who left it
-- parameters: $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to, $acquired_channels,
--   $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories, $acquired_categories_all,
--   $acquired_skus, $acquired_skus_all
-- A purchase opens a spell that lasts while the customer is held active, then one at risk, then one lost, until the
-- next purchase cuts them short. Running sums of these rows count every customer at every month's end, at the cost of
-- reading each purchase once.
WITH bought AS (
    SELECT
        p.day,
        row_number() OVER history AS purchases,
        p.day_age - p.previous_day_age AS inter_purchase_days,
        lead(p.day) OVER history AS next_day,
        sum(p.revenue) OVER history AS revenue,
        sum(p.margin) OVER history AS margin
    FROM purchases AS p
    WHERE
        p.is_purchase
        AND p.day <= $as_of
        AND acquired(
            p.first_day, p.first_channel, p.first_region, p.first_category, p.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
    WINDOW history AS (PARTITION BY p.customer_key ORDER BY p.day)
),

-- Days after the purchase on which each spell begins and ends.
bounds(since, until) AS (
    VALUES
        (0, $active_days::INTEGER + 1),
        ($active_days::INTEGER + 1, $lost_days::INTEGER + 1),
        ($lost_days::INTEGER + 1, NULL)
),

spells AS (
    SELECT
        stage(b.purchases, s.since, b.inter_purchase_days, $active_days, $lost_days, $loyal_purchases) AS stage,
        b.day + s.since AS came,
        least(b.next_day, b.day + s.until) AS went,
        b.revenue,
        b.margin
    FROM bought AS b
    CROSS JOIN bounds AS s
),

changes AS (
    SELECT stage, came AS day, 1 AS customers, revenue, margin
    FROM spells
    WHERE went IS NULL OR came < went
    UNION ALL
    SELECT stage, went, -1, -revenue, -margin
    FROM spells
    WHERE came < went
)

SELECT
    stage,
    least(last_day(day), $as_of)::DATE AS day,
    sum(customers)::BIGINT AS customers,
    sum(revenue)::DOUBLE AS revenue,
    sum(margin)::DOUBLE AS margin
FROM changes
WHERE day <= $as_of
GROUP BY ALL
ORDER BY ALL
