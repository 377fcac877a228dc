-- grain: one row per event and year
-- parameters: none
SELECT e.event_id AS event_id, e.name AS name, e.starts_on AS starts_on, e.ends_on AS ends_on
FROM events AS e
ORDER BY e.starts_on, e.ends_on, e.event_id
