-- returns: variance of what a customer brings over a horizon, given history and what purchases are worth
-- arguments: kind, p, q, v, shop_value, between, within, frequency, own_value, expected_purchases, discounted, factorial
-- after: spend_mean
-- The formula of `value_variance` in shopkeeper/models/buying/value.py, with the moments named at `spend_mean`. With a
-- customer's mean m and variance s^2 of a purchase it is E[s^2] E[n] + E[m^2] E[n^2] less the squared expectation, each
-- purchase discounted as the average one. Under Gamma-Gamma the last factor has a floor: a tail may have no variance.
CREATE MACRO value_variance(
    kind, p, q, v, shop_value, between, within, frequency, own_value, expected_purchases, discounted, factorial
) AS
    CASE
        WHEN expected_purchases = 0 AND kind <> '' THEN 0.0
        WHEN expected_purchases > 0 AND factorial IS NOT NULL
            THEN greatest(
                pow(discounted / expected_purchases, 2) * CASE
                    WHEN kind = 'gamma'
                        THEN pow(v + frequency * own_value, 2)
                            / ((p * frequency + q - 1) * greatest(p * frequency + q - 2, 0.5))
                            * (p * expected_purchases + p * p * (factorial + expected_purchases))
                    WHEN kind = 'credible'
                        THEN within * expected_purchases
                            + (
                                pow(spend_mean(kind, p, q, v, shop_value, between, within, frequency, own_value), 2)
                                + between * CASE
                                    WHEN frequency > 0
                                        THEN coalesce(
                                            within / frequency / nullif(between + within / frequency, 0), 0
                                        )
                                    ELSE 1
                                END
                            ) * (factorial + expected_purchases)
                END
                - pow(
                    discounted * spend_mean(kind, p, q, v, shop_value, between, within, frequency, own_value), 2
                ),
                CASE WHEN kind <> '' THEN 0 END
            )
    END
