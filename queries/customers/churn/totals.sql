-- grain: one row: the chosen customers; none where nobody is
-- parameters: $horizon_days, $first_calls, $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
--   $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
-- Staying are those not lost. `expected_away` is NULL where no risk is known. The first $first_calls of the rescue list
-- are those with the lowest ranks among the chosen.
WITH chosen_scores AS (
    SELECT s.stage, s.rescue_rank, s.p_no_purchase, s.value_at_stake
    FROM customer_scores AS s
    WHERE
        s.horizon_days = $horizon_days
        AND acquired(
    s.first_day, s.first_channel, s.first_region, s.first_category, s.first_sku,
    $cohort_from, $cohort_to, $acquired_channels, $acquired_channels_all, $acquired_regions,
    $acquired_regions_all, $acquired_categories, $acquired_categories_all, $acquired_skus, $acquired_skus_all
)
),

first_calls AS (
    SELECT c.value_at_stake
    FROM chosen_scores AS c
    WHERE c.rescue_rank IS NOT NULL
    ORDER BY c.rescue_rank
    LIMIT $first_calls
)

SELECT
    count(*) AS customers,
    count(*) FILTER (WHERE c.stage <> 'lost') AS staying,
    sum(c.p_no_purchase) FILTER (WHERE c.stage <> 'lost') AS expected_away,
    coalesce(sum(c.value_at_stake) FILTER (WHERE c.stage <> 'lost'), 0) AS value_at_stake,
    count(c.rescue_rank) AS to_rescue,
    coalesce(sum(c.value_at_stake) FILTER (WHERE c.rescue_rank IS NOT NULL), 0) AS rescue_value,
    (SELECT count(*) FROM first_calls) AS first_calls,
    (SELECT coalesce(sum(f.value_at_stake), 0) FROM first_calls AS f) AS first_value
FROM chosen_scores AS c
HAVING count(*) > 0
