-- grain: one row per stage on $since and stage on $as_of
-- parameters: $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- Value is what the customers' purchases up to $as_of brought.
WITH bought AS (
    SELECT
        p.customer_key,
        count(*) FILTER (p.day <= $since) AS purchases_then,
        count(*) AS purchases_now,
        date_diff('day', max(p.day) FILTER (p.day <= $since), $since) AS silence_then,
        date_diff('day', max(p.day), $as_of) AS silence_now,
        arg_max(p.day_age - p.previous_day_age, p.day) FILTER (p.day <= $since) AS pause_then,
        arg_max(p.day_age - p.previous_day_age, p.day) AS pause_now,
        max(p.day) AS last_day,
        sum(p.revenue) AS revenue,
        sum(p.margin) AS margin
    FROM purchases AS p
    WHERE
        p.is_purchase
        AND p.day <= $as_of
        AND p.first_day BETWEEN $cohort_from AND $cohort_to
        AND ($acquired_channels_all OR list_contains($acquired_channels, p.first_channel))
        AND ($acquired_regions_all OR list_contains($acquired_regions, p.first_region))
        AND ($acquired_categories_all OR list_contains($acquired_categories, p.first_category))
        AND ($acquired_skus_all OR list_contains($acquired_skus, p.first_sku))
    GROUP BY p.customer_key
),

staged AS (
    SELECT
        *,
        CASE
            WHEN purchases_then = 0 THEN 'not_yet'
            WHEN silence_then > $lost_days THEN 'lost'
            WHEN silence_then > $active_days THEN 'at_risk'
            WHEN purchases_then = 1 THEN 'new'
            WHEN pause_then > $lost_days THEN 'won_back'
            WHEN purchases_then >= $loyal_purchases THEN 'loyal'
            ELSE 'active'
        END AS from_stage,
        CASE
            WHEN silence_now > $lost_days THEN 'lost'
            WHEN silence_now > $active_days THEN 'at_risk'
            WHEN purchases_now = 1 THEN 'new'
            WHEN pause_now > $lost_days THEN 'won_back'
            WHEN purchases_now >= $loyal_purchases THEN 'loyal'
            ELSE 'active'
        END AS to_stage
    FROM bought
)

SELECT
    from_stage,
    to_stage,
    count(*) AS customers,
    sum(revenue)::DOUBLE AS revenue,
    sum(margin)::DOUBLE AS margin
FROM staged
GROUP BY ALL
ORDER BY ALL
