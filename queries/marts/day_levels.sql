-- grain: one row per category and day on which any stock was counted
-- parameters: none
-- after: items, demand_days, stock_days
-- scope: category=category
-- `level`: the day's demand for the category relative to its mean over these days; a thin category leans on the shop's
-- level, and that on 1. It tells how much a day out of stock weighs.
WITH days AS (
    SELECT DISTINCT s.day FROM stock_days AS s
),

categories AS (
    SELECT DISTINCT i.category FROM items AS i
),

daily AS (
    SELECT
        c.category,
        d.day,
        CAST(coalesce(sum(m.units), 0) AS DOUBLE) AS units
    FROM days AS d
    CROSS JOIN categories AS c
    LEFT JOIN demand_days AS m ON m.day = d.day AND m.category = c.category
    GROUP BY c.category, d.day
),

whole AS (
    SELECT d.day, CAST(sum(d.units) AS DOUBLE) AS units FROM daily AS d GROUP BY d.day
),

shop AS (
    SELECT w.day, CAST((w.units + 20) / (avg(w.units) OVER () + 20) AS DOUBLE) AS level FROM whole AS w
)

SELECT
    d.category,
    d.day,
    CAST((d.units + 20 * s.level) / (avg(d.units) OVER (PARTITION BY d.category) + 20) AS DOUBLE) AS level
FROM daily AS d
INNER JOIN shop AS s ON s.day = d.day
ORDER BY d.category, d.day
