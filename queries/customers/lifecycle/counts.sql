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
        p.day_age - p.previous_day_age AS pause,
        lead(p.day) OVER history AS next_day,
        sum(p.revenue) OVER history AS revenue,
        sum(p.margin) OVER history AS margin
    FROM purchases AS p
    WHERE
        p.is_purchase
        AND p.day <= $as_of
        AND p.first_day BETWEEN $cohort_from AND $cohort_to
        AND ($acquired_channels_all OR list_contains($acquired_channels, p.first_channel))
        AND ($acquired_regions_all OR list_contains($acquired_regions, p.first_region))
        AND ($acquired_categories_all OR list_contains($acquired_categories, p.first_category))
        AND ($acquired_skus_all OR list_contains($acquired_skus, p.first_sku))
    WINDOW history AS (PARTITION BY p.customer_key ORDER BY p.day)
),

spells AS (
    SELECT
        CASE
            WHEN purchases = 1 THEN 'new'
            WHEN pause > $lost_days THEN 'won_back'
            WHEN purchases >= $loyal_purchases THEN 'loyal'
            ELSE 'active'
        END AS stage,
        day AS came,
        least(next_day, day + $active_days::INTEGER + 1) AS went,
        revenue,
        margin
    FROM bought
    UNION ALL
    SELECT
        'at_risk',
        day + $active_days::INTEGER + 1,
        least(next_day, day + $lost_days::INTEGER + 1),
        revenue,
        margin
    FROM bought
    UNION ALL
    SELECT
        'lost',
        day + $lost_days::INTEGER + 1,
        next_day,
        revenue,
        margin
    FROM bought
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
