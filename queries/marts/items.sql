-- grain: one row per SKU that was sold, is in stock, is on its way, or is in the products table
-- parameters: $as_of
-- scope: category=category region=public
-- Class A holds the items that bring the first 80 % of the margin of the last 365 days, B those up to 95 %, C the rest.
-- Where no line has a cost, revenue ranks them. An item that nobody described takes the category of its lines. Class and
-- worth of a unit are the item's own, over all regions; what was sold where is in item_sales.
WITH sold AS (
    SELECT
        l.sku,
        max(l.category) AS category,
        CAST(coalesce(sum(l.quantity) FILTER (WHERE l.day > $as_of - 365 AND l.is_sale), 0) AS DOUBLE) AS units_year,
        CAST(coalesce(sum(l.revenue) FILTER (WHERE l.day > $as_of - 365), 0) AS DOUBLE) AS revenue_year,
        CAST(sum(l.margin) FILTER (WHERE l.day > $as_of - 365) AS DOUBLE) AS margin_year
    FROM int_sale_lines AS l
    GROUP BY l.sku
),

names AS (
    SELECT l.sku, max(l.product_name) AS name FROM stg_order_lines AS l GROUP BY l.sku
),

every_sku AS (
    SELECT s.sku FROM sold AS s
    UNION
    SELECT p.sku FROM products AS p
    UNION
    SELECT k.sku FROM stock_snapshots AS k WHERE k.day <= $as_of
    UNION
    SELECT i.sku FROM inbound AS i
),

described AS (
    SELECT
        t.sku,
        coalesce(p.name, n.name, t.sku) AS name,
        coalesce(p.category, s.category, '(none)') AS category,
        p.sku IS NOT NULL AS described,
        coalesce(nullif(trim(p.unit), ''), 'piece') AS unit,
        CAST(p.price AS DOUBLE) AS price,
        CAST(p.unit_cost AS DOUBLE) AS unit_cost,
        coalesce(
            p.pack_size,
            CASE
                WHEN lower(trim(p.unit)) IN (
                    'kg', 'g', 'mg', 't', 'lb', 'oz', 'l', 'ml', 'cl', 'm', 'cm', 'mm', 'm2', 'm3', '公斤', '千克', '克',
                    '斤', '两', '吨', '升', '毫升', '米', '厘米', '平方米', '立方米'
                )
                    THEN CAST(0.001 AS DECIMAL(18, 3))
                ELSE 1
            END
        ) AS pack_size,
        coalesce(p.minimum_order, 0) AS minimum_order,
        p.supplier,
        p.supplier_lead_days AS lead_days,
        p.supplier_lead_sd AS lead_sd,
        p.launched_on,
        p.delisted_on,
        coalesce(s.units_year, 0) AS units_year,
        coalesce(s.revenue_year, 0) AS revenue_year,
        s.margin_year,
        coalesce(s.margin_year, s.revenue_year, 0) AS worth
    FROM every_sku AS t
    LEFT JOIN products AS p ON p.sku = t.sku
    LEFT JOIN sold AS s ON s.sku = t.sku
    LEFT JOIN names AS n ON n.sku = t.sku
),

ranked AS (
    SELECT
        d.sku,
        CAST(
            sum(greatest(d.worth, 0)) OVER (
                ORDER BY round(d.worth, 4) DESC, d.sku ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) - greatest(d.worth, 0) AS DOUBLE
        ) AS before,
        CAST(sum(greatest(d.worth, 0)) OVER () AS DOUBLE) AS total
    FROM described AS d
)

SELECT
    d.sku,
    d.name,
    d.category,
    d.described,
    d.unit,
    d.price,
    d.unit_cost,
    CASE
        WHEN d.units_year > 0 AND d.margin_year IS NOT NULL THEN d.margin_year / d.units_year
        ELSE d.price - d.unit_cost
    END AS unit_margin,
    CASE WHEN d.units_year > 0 THEN d.revenue_year / d.units_year ELSE d.price END AS unit_revenue,
    CAST(d.pack_size AS DOUBLE) AS pack_size,
    CAST(d.minimum_order AS DOUBLE) AS minimum_order,
    d.supplier,
    d.lead_days,
    d.lead_sd,
    d.launched_on,
    d.delisted_on,
    CASE
        WHEN r.total <= 0 OR d.worth <= 0 THEN 'C'
        WHEN r.before < 0.8 * r.total THEN 'A'
        WHEN r.before < 0.95 * r.total THEN 'B'
        ELSE 'C'
    END AS abc
FROM described AS d
INNER JOIN ranked AS r ON r.sku = d.sku
ORDER BY d.sku
