-- grain: one row per customer who was in $from_stage on $since and is in $to_stage on $as_of ('any' for any)
-- parameters: $since, $as_of, $active_days, $lost_days, $loyal_purchases, $cohort_from, $cohort_to,
--   $acquired_channels, $acquired_channels_all, $acquired_regions, $acquired_regions_all, $acquired_categories,
--   $acquired_categories_all, $acquired_skus, $acquired_skus_all, $from_stage, $to_stage
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
    f.customer_id,
    s.from_stage,
    s.to_stage,
    f.first_day,
    s.last_day,
    s.purchases_now AS purchases,
    s.silence_now AS silent_days,
    s.revenue::DOUBLE AS revenue,
    s.margin::DOUBLE AS margin,
    f.first_channel,
    f.first_region,
    f.first_category
FROM staged AS s
INNER JOIN first_purchases AS f ON f.customer_key = s.customer_key
WHERE $from_stage IN ('any', s.from_stage) AND $to_stage IN ('any', s.to_stage)
ORDER BY s.revenue DESC, f.customer_id
