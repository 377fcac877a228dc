-- grain: one row per SKU, ship-to region, location that shipped, and day on which goods were sold in
-- parameters: $as_of
-- after: items, demand_days, trading_days
-- scope: category=category region=region
-- What is sold in to a dealer is no sale to a buyer. Where the dealer's own sales are not in the data, it is all that is
-- heard of its buyers: dependent demand of the location that ships. A line whose buyer is a location is that dealer's,
-- any other of the dealers who stand in its region: their sales are there if any of them shipped one. Where none stands
-- there, they are if any sale of the same channel went to the same region.
WITH sold_in AS (
    SELECT
        l.sku,
        coalesce(l.region, '(none)') AS region,
        coalesce(l.location, '(none)') AS location,
        l.day,
        l.quantity,
        coalesce(l.channel, '(none)') AS channel,
        a.location_id AS dealer
    FROM stg_order_lines AS l
    LEFT JOIN locations AS a ON a.location_id = l.account
    WHERE l.status = 'sell_in' AND l.quantity > 0 AND l.day <= $as_of
),

sellers AS (
    SELECT DISTINCT d.location FROM demand_days AS d WHERE d.units > 0
),

standing AS (
    SELECT a.region, bool_or(e.location IS NOT NULL) AS sells
    FROM locations AS a
    LEFT JOIN sellers AS e ON e.location = a.location_id
    WHERE a.kind = 'dealer'
    GROUP BY a.region
),

channels AS (
    SELECT DISTINCT d.channel, d.region FROM trading_days AS d WHERE d.units > 0
)

SELECT
    s.sku,
    i.category,
    s.region,
    s.location,
    s.day,
    CAST(sum(s.quantity) AS DOUBLE) AS units
FROM sold_in AS s
INNER JOIN items AS i ON i.sku = s.sku
LEFT JOIN sellers AS e ON e.location = s.dealer
LEFT JOIN standing AS t ON t.region = s.region
LEFT JOIN channels AS c ON c.channel = s.channel AND c.region = s.region
WHERE
    NOT CASE
        WHEN s.dealer IS NOT NULL THEN e.location IS NOT NULL
        WHEN t.region IS NOT NULL THEN t.sells
        ELSE c.channel IS NOT NULL
    END
GROUP BY s.sku, i.category, s.region, s.location, s.day
ORDER BY s.sku, s.region, s.location, s.day
