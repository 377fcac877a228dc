-- grain: one row for the whole shop, none where nobody ever bought
-- parameters: none
SELECT
    t.first_day,
    t.window_days,
    t.is_truncated
FROM left_truncation AS t
