-- grain: one row in all; none before the first forecast run
-- parameters: none
SELECT count(*) AS series FROM forecasts AS f WHERE f.level = 'region_sku' HAVING count(*) > 0
