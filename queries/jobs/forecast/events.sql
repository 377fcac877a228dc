-- grain: one row per event and year
-- parameters: none
SELECT e.event_id, e.name, e.starts_on, e.ends_on
FROM events AS e
ORDER BY e.starts_on, e.ends_on, e.event_id
