-- returns: what a customer's next purchase should bring, after `frequency` repeat purchases of the mean `own_value`
-- arguments: kind, p, q, v, shop_value, between, within, frequency, own_value
-- The formulas of `moments` in shopkeeper/models/buying: of spend.py where `kind` is 'gamma' (v less what went back to
-- nobody), of credibility.py where it is 'credible' (moved by two standard errors at most); else the shop's value.
CREATE MACRO spend_mean(kind, p, q, v, shop_value, between, within, frequency, own_value) AS
    CASE
        WHEN kind = 'gamma' THEN p * (v + frequency * own_value) / (p * frequency + q - 1)
        WHEN kind = 'credible' AND frequency > 0
            THEN greatest(
                own_value + greatest(
                    least(
                        coalesce(within / frequency / nullif(between + within / frequency, 0), 0)
                        * (shop_value - own_value),
                        2 * sqrt(within / frequency)
                    ),
                    -2 * sqrt(within / frequency)
                ),
                0
            )
        WHEN NOT isnan(shop_value) THEN shop_value
    END
