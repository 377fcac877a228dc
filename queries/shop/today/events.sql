-- grain: one row per event of the merchant's calendar
-- parameters: none
SELECT
    e.name,
    e.starts_on,
    e.ends_on
FROM events AS e
ORDER BY e.starts_on, e.name
