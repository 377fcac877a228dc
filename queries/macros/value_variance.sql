-- returns: variance of what a customer brings over a horizon, given history and the parameters of Gamma-Gamma
-- arguments: p, q, v, frequency, own_value, expected_purchases, discounted, factorial
-- The formula of `value_variance` in shopkeeper/models/buying/value.py. With a customer's own mean m and variance s^2 of a
-- purchase it is E[s^2] E[n] + E[m^2] E[n^2] less the squared expectation, each purchase discounted as the average one.
-- `squared` has a floor under its last factor: a fitted tail may be so heavy that a purchase has no variance.
CREATE MACRO value_variance(p, q, v, frequency, own_value, expected_purchases, discounted, factorial) AS
    CASE
        WHEN expected_purchases > 0 AND factorial IS NOT NULL
            THEN greatest(
                pow(discounted / expected_purchases, 2)
                * pow(v + frequency * own_value, 2)
                / ((p * frequency + q - 1) * greatest(p * frequency + q - 2, 0.5))
                * (p * expected_purchases + p * p * (factorial + expected_purchases))
                - pow(discounted * p * (v + frequency * own_value) / (p * frequency + q - 1), 2),
                0
            )
        WHEN expected_purchases = 0 THEN 0.0
    END
