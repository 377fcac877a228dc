-- grain: one row per customer acquired through these choices who had bought by the last day: the stage on the first and
--   on the last day
-- arguments: since, until, active_days, lost_days, loyal_purchases, cohort_from, cohort_to, channels, channels_all,
--   regions, regions_all, categories, categories_all, skus, skus_all
-- after: acquired, stage
-- Who had not bought by `since` was not there yet: 'not_yet'. Value is what all purchases up to `until` brought.
CREATE MACRO stage_moves(
    since, until, active_days, lost_days, loyal_purchases, cohort_from, cohort_to, channels, channels_all,
    regions, regions_all, categories, categories_all, skus, skus_all
) AS TABLE
WITH bought AS (
    SELECT
        p.customer_key,
        count(*) FILTER (WHERE p.day <= since) AS purchases_then,
        count(*) AS purchases_now,
        max(p.day) FILTER (WHERE p.day <= since) AS last_day_then,
        max(p.day) AS last_day,
        arg_max(p.day_age - p.previous_day_age, p.day) FILTER (WHERE p.day <= since) AS inter_purchase_days_then,
        arg_max(p.day_age - p.previous_day_age, p.day) AS inter_purchase_days_now,
        sum(p.revenue) AS revenue,
        sum(p.margin) AS margin
    FROM purchases AS p
    WHERE
        p.is_purchase
        AND p.day <= until
        AND acquired(
            p.first_day, p.first_channel, p.first_region, p.first_category, p.first_sku,
            cohort_from, cohort_to, channels, channels_all, regions,
            regions_all, categories, categories_all, skus, skus_all
        )
    GROUP BY ALL
)

SELECT
    customer_key,
    CASE
        WHEN purchases_then = 0 THEN 'not_yet'
        ELSE stage(
            purchases_then,
            date_diff('day', last_day_then, since),
            inter_purchase_days_then,
            active_days,
            lost_days,
            loyal_purchases
        )
    END AS from_stage,
    stage(
        purchases_now,
        date_diff('day', last_day, until),
        inter_purchase_days_now,
        active_days,
        lost_days,
        loyal_purchases
    ) AS to_stage,
    last_day,
    purchases_now AS purchases,
    date_diff('day', last_day, until) AS inactivity_days,
    revenue,
    margin
FROM bought
