-- grain: one row per customer
-- parameters: $as_of, $horizon_days, $model, $by, $value, $spend_kind, $spend_p, $spend_q, $spend_v, $shop_value,
--   $between, $within, $active_days, $lost_days, $loyal_purchases, $quiet_days, $return_days, $leave_lost,
--   $quiet_after_first, $quiet_after_second, $farthest_order_days
-- What `scored_histories` says of each customer's history, with money, stage and place on the rescue list. What
-- a purchase is worth follows $spend_kind (see `spend_mean`; empty where nothing could be fitted). NaN: not known.
WITH histories AS (
    SELECT
        h.*,
        h.T - h.recency AS inactivity_days,
        CASE WHEN h.frequency >= 2 THEN h.median_inter_purchase_days END AS rhythm,
        CASE WHEN $value = 'margin' THEN h.repeat_margin ELSE h.repeat_revenue END AS monetary_value,
        CASE WHEN $value = 'margin' THEN h.margin ELSE h.revenue END AS historic_value,
        coalesce(CASE $by WHEN 'channel' THEN h.first_channel WHEN 'cohort' THEN year(h.first_day)::VARCHAR END, '')
            AS segment
    FROM customer_history AS h
),

priced AS (
    SELECT
        h.*,
        s.p_alive,
        s.p_no_purchase,
        s.expected_purchases,
        s.expected_before,
        s.discounted,
        s.factorial,
        CASE WHEN s.p_alive IS NULL AND h.rhythm IS NOT NULL THEN greatest(h.rhythm - h.inactivity_days, 0) END AS own_wait,
        s.wait,
        s.residual,
        greatest(coalesce(h.monetary_value, $shop_value), 0) AS own_value,
        spend_mean(
            $spend_kind, $spend_p, $spend_q, $spend_v, $shop_value, $between, $within,
            h.frequency, greatest(coalesce(h.monetary_value, $shop_value), 0)
        ) AS purchase_value,
        stage(
            h.frequency + 1, h.inactivity_days, h.last_inter_purchase_days, $active_days, $lost_days, $loyal_purchases
        ) AS stage,
        coalesce(h.inactivity_days > coalesce(
            h.rhythm, nullif(CASE WHEN h.frequency = 0 THEN $quiet_after_first ELSE $quiet_after_second END, 'NaN'::DOUBLE)
        ), false) AS is_quiet
    FROM histories AS h
    LEFT JOIN scored_histories AS s
        ON s.segment = h.segment AND s.frequency = h.frequency AND s.recency = h.recency AND s.T = h.T
),

staked AS (
    SELECT
        p.*,
        p.discounted * p.purchase_value AS predicted_value,
        p.residual * p.purchase_value AS residual_value,
        value_variance(
            $spend_kind, $spend_p, $spend_q, $spend_v, $shop_value, $between, $within,
            p.frequency, p.own_value, p.expected_purchases, p.discounted, p.factorial
        ) AS variance,
        p.p_no_purchase * p.purchase_value * CASE
            WHEN p.p_alive IS NULL THEN p.expected_purchases
            WHEN p.p_alive > 0 THEN p.discounted / p.p_alive
        END AS value_at_stake,
        CASE
            WHEN NOT p.contactable THEN 'not_contactable'
            WHEN date_diff('day', p.last_day, $as_of) < $quiet_days THEN 'recent'
            WHEN date_diff('day', p.last_refund_day, $as_of) < $return_days THEN 'returning'
            WHEN $leave_lost AND p.stage = 'lost' THEN 'lost'
            WHEN NOT (p.is_quiet OR p.stage IN ('at_risk', 'lost')) THEN 'in_rhythm'
        END AS left_out
    FROM priced AS p
)

SELECT
    $horizon_days::INTEGER AS horizon_days,
    $model::VARCHAR AS model,
    s.customer_key,
    s.first_day,
    s.first_channel,
    s.first_region,
    s.first_category,
    s.first_sku,
    s.last_channel,
    s.frequency,
    s.recency,
    s.T,
    s.stage,
    s.left_out,
    CASE
        WHEN s.left_out IS NULL AND s.value_at_stake IS NOT NULL
            THEN row_number() OVER (
                PARTITION BY s.left_out IS NULL AND s.value_at_stake IS NOT NULL
                ORDER BY s.value_at_stake DESC, s.customer_key
            )
    END AS rescue_rank,
    s.p_alive,
    s.p_no_purchase,
    s.expected_purchases,
    s.expected_before,
    CASE
        WHEN ceil(coalesce(s.wait, s.own_wait)) <= $farthest_order_days
            THEN ($as_of + to_days(ceil(coalesce(s.wait, s.own_wait))::INTEGER))::DATE
    END AS expected_next_order,
    CASE WHEN s.rhythm IS NOT NULL THEN ceil(greatest(s.inactivity_days - s.rhythm, 0))::INTEGER END AS days_overdue,
    s.purchase_value,
    s.historic_value,
    s.predicted_value,
    s.variance,
    s.residual_value,
    s.value_at_stake
FROM staked AS s
ORDER BY s.customer_key
