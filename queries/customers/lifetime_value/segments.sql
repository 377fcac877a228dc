-- grain: one row per kind of segment and segment, and one of kind `all`
-- parameters: $horizon_days, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- `chance` is the variance of what they bring together, `nothing` the probability that none of them buys, `squares` the
-- sum of squared predicted values of `predictable` customers. `log_expected` and `of_one_time` weigh by predicted value
-- the logarithm of what the model expected by itself, and being a one-time buyer.
SELECT
    CASE
        WHEN grouping(s.cohort) = 0 THEN 'cohort'
        WHEN grouping(s.first_channel) = 0 THEN 'channel'
        WHEN grouping(s.first_region) = 0 THEN 'region'
        WHEN grouping(s.first_category) = 0 THEN 'category'
        ELSE 'all'
    END AS segment_kind,
    CASE
        WHEN grouping(s.cohort, s.first_channel, s.first_region, s.first_category) = 15 THEN 'all'
        ELSE coalesce(s.cohort, s.first_channel, s.first_region, s.first_category)
    END AS segment,
    count(*) AS customers,
    coalesce(sum(s.historic_value), 0) AS historic_value,
    sum(s.predicted_value) AS predicted_value,
    sum(s.residual_value) AS residual_value,
    coalesce(sum(s.variance), 0) AS chance,
    exp(coalesce(sum(ln(greatest(s.p_no_purchase, 1e-300))), 0)) AS nothing,
    coalesce(sum(s.predicted_value * ln(greatest(s.expected_before, 1e-6))), 0) AS log_expected,
    coalesce(sum(s.predicted_value) FILTER (WHERE s.frequency = 0), 0) AS of_one_time,
    count(s.predicted_value) AS predictable,
    coalesce(sum(s.predicted_value * s.predicted_value), 0) AS squares
FROM (
    SELECT s.*, year(s.first_day)::VARCHAR AS cohort
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND acquired(
            s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
            $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
            $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
        )
) AS s
GROUP BY GROUPING SETS ((s.cohort), (s.first_channel), (s.first_region), (s.first_category), ())
HAVING count(*) > 0
ORDER BY segment_kind, segment
