-- grain: one row per SKU, ship-to region, location that ships, and day with demand or a return
-- What buyers asked for, and what was sold in to dealers of whose buyers nothing else is heard.
CREATE MACRO demand_at_nodes() AS TABLE
SELECT d.sku, d.category, d.region, d.location, d.day, d.units, d.returned_units
FROM demand_days AS d
UNION ALL
SELECT n.sku, n.category, n.region, n.location, n.day, n.units, 0.0 AS returned_units
FROM sell_in_days AS n
