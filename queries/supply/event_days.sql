-- grain: one row per event with a day in the `days` after as-of
-- parameters: $as_of, $days
SELECT
    (e.starts_on - $as_of::DATE)::BIGINT AS first_day,
    (e.ends_on - $as_of::DATE)::BIGINT AS last_day
FROM events AS e
WHERE e.ends_on > $as_of::DATE AND e.starts_on <= $as_of::DATE + $days::INTEGER
ORDER BY first_day, last_day
