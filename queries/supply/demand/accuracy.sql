-- grain: one row per level whose series the filters can choose
-- parameters: $categories, $categories_all, $regions, $regions_all, $skus, $skus_all
-- All by week of seven days. RMSSE: root of the sum of (y - f)^2 over that of the weeks' mean squared change before the
-- cutoff, pooled over series; `pinball`: twice the mean loss at the five probabilities over the sum of y, so that a
-- forecast of nothing has 1; bias = sum(f - y) / sum y; WAPE = sum|y - f| / sum y, null where most weeks are without
-- demand; `below_80` etc.: shares of weeks beyond that end of the band; `model`: that of most series.
WITH checks AS (
    SELECT
        c.*,
        c.week_change * c.days / 7 AS change,
        list_sum(c.pinball) AS loss,
        list_sum(c.naive_pinball) AS naive_loss,
        list_sum(c.average_pinball) AS average_loss
    FROM forecast_checks AS c
    WHERE chosen(c.category, $categories, $categories_all)
        AND chosen(c.region, $regions, $regions_all)
        AND chosen(c.sku, $skus, $skus_all)
),

levels AS (
    SELECT
        c.level,
        count(DISTINCT (c.category, c.region, c.sku)) AS series,
        mode(c.model) AS model,
        count(DISTINCT c.cutoff) AS cutoffs,
        min(c.cutoff) AS first_cutoff,
        max(c.cutoff) AS last_cutoff,
        max(c.days)::BIGINT AS days,
        sum(c.demand)::DOUBLE AS demand,
        nullif(sum(c.demand), 0) AS divisor,
        nullif(sum(c.change), 0) AS change,
        sum(c.demand_weeks) / nullif(sum(c.days) / 7, 0) AS demand_weeks,
        sum(c.error) AS error,
        sum(c.absolute_error) AS absolute_error,
        sum(c.naive_absolute_error) AS naive_absolute_error,
        sum(c.square_error) AS square_error,
        sum(c.naive_square_error) AS naive_square_error,
        sum(c.average_square_error) AS average_square_error,
        sum(c.zero_square_error) AS zero_square_error,
        sum(c.loss) AS loss,
        sum(c.naive_loss) AS naive_loss,
        sum(c.average_loss) AS average_loss,
        coalesce(sum(c.weeks), 0)::BIGINT AS weeks,
        sum(c.weeks_below_80) AS weeks_below_80,
        sum(c.weeks_above_80) AS weeks_above_80,
        sum(c.weeks_below_95) AS weeks_below_95,
        sum(c.weeks_above_95) AS weeks_above_95
    FROM checks AS c
    GROUP BY ALL
)

SELECT
    l.level,
    l.series,
    l.model,
    l.cutoffs,
    l.first_cutoff,
    l.last_cutoff,
    l.days,
    l.demand,
    sqrt(l.square_error / l.change)::DOUBLE AS rmsse,
    sqrt(l.naive_square_error / l.change)::DOUBLE AS naive_rmsse,
    sqrt(l.average_square_error / l.change)::DOUBLE AS average_rmsse,
    sqrt(l.zero_square_error / l.change)::DOUBLE AS zero_rmsse,
    (2 * l.loss / 5 / l.divisor)::DOUBLE AS pinball,
    (2 * l.naive_loss / 5 / l.divisor)::DOUBLE AS naive_pinball,
    (2 * l.average_loss / 5 / l.divisor)::DOUBLE AS average_pinball,
    (l.error / l.divisor)::DOUBLE AS bias,
    (CASE WHEN l.demand_weeks > 0.5 THEN l.absolute_error / l.divisor END)::DOUBLE AS week_wape,
    (CASE WHEN l.demand_weeks > 0.5 THEN l.naive_absolute_error / l.divisor END)::DOUBLE AS naive_week_wape,
    l.weeks,
    l.weeks_below_80::DOUBLE / nullif(l.weeks, 0) AS below_80,
    l.weeks_above_80::DOUBLE / nullif(l.weeks, 0) AS above_80,
    l.weeks_below_95::DOUBLE / nullif(l.weeks, 0) AS below_95,
    l.weeks_above_95::DOUBLE / nullif(l.weeks, 0) AS above_95
FROM levels AS l
ORDER BY l.level
