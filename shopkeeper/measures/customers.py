"""The measures of customers and of the models that predict them."""

from shopkeeper.i18n import N_
from shopkeeper.measures.measure import Measure

CUSTOMER_MEASURES: tuple[Measure, ...] = (
    Measure(
        "frequency",
        N_("Repeat purchases"),
        N_("Purchases after the first one."),
        N_("purchases - 1"),
        "integer",
        "higher",
    ),
    Measure(
        "recency",
        N_("First to last purchase"),
        N_("Days from the first purchase to the last; 0 for who bought once."),
        N_("last purchase - first purchase"),
        "days",
    ),
    Measure(
        "T",
        N_("Days known"),
        N_("Days from the first purchase to as-of."),
        N_("as-of - first purchase"),
        "days",
    ),
    Measure(
        "monetary_value",
        N_("Mean repeat purchase"),
        N_(
            "What a repeat purchase of the customer brought, on average; a refund that names no order lowers the last "
            "purchase before it. Empty for who bought once."
        ),
        N_("value of repeat purchases / repeat purchases"),
        "money",
        "higher",
    ),
    Measure(
        "p_alive",
        N_("P(alive)"),
        N_("Probability that the customer still buys here at all, given the purchases so far."),
        N_("model"),
        "percent",
        "higher",
    ),
    Measure(
        "p_no_purchase",
        N_("Churn risk"),
        N_("Probability of no purchase in the next H days, given the purchases so far; H is chosen on the page."),
        N_("P(no purchase in H days | history)"),
        "percent",
        "lower",
    ),
    Measure(
        "expected_purchases",
        N_("Expected purchases"),
        N_("Purchases to expect over the horizon, whether the customer is still active or not."),
        N_("model"),
        "number",
        "higher",
    ),
    Measure(
        "days_overdue",
        N_("Days overdue"),
        N_("Days beyond the customer's own rhythm, which takes two gaps between purchases at least."),
        N_("max(0, days since the last purchase - median gap)"),
        "days",
        "lower",
    ),
    Measure(
        "value_at_stake",
        N_("Value at stake"),
        N_(
            "What is lost if the customer stays away: churn risk times what an active customer with this history "
            "would bring over the horizon."
        ),
        N_("churn risk * discounted expected purchases / P(alive) * expected value per purchase"),
        "money",
        "lower",
    ),
    Measure(
        "historic_value",
        N_("Historic value"),
        N_("What the customer has brought so far, less all refunds, with or without an order; it has happened."),
        N_("sum of net revenue or margin"),
        "money",
        "higher",
    ),
    Measure(
        "predicted_value",
        N_("Predicted value"),
        N_("What the customer should bring over the horizon; none of it has happened."),
        N_("sum over t of expected purchases * expected value per purchase / (1 + d)^t"),
        "money",
        "higher",
    ),
    Measure(
        "residual_value",
        N_("Predicted, whole remaining life"),
        N_(
            "What the customer should bring from now on for as long as the customer stays, later money counting for "
            "less (DERT); nothing so long was ever tested, so no interval is known. Empty without model or discount."
        ),
        N_("discounted expected residual transactions * expected value per purchase"),
        "money",
        "higher",
    ),
    Measure(
        "purchase_value",
        N_("Expected value per purchase"),
        N_(
            "What the next purchase should bring: the customer's own mean, drawn towards the shop's the more the "
            "fewer purchases it stands on. What went back to nobody lowers the shop's mean by its share of sales."
        ),
        N_("Gamma-Gamma conditional expectation, or credibility where that cannot be fitted"),
        "money",
        "higher",
    ),
)

MODEL_MEASURES: tuple[Measure, ...] = (
    Measure(
        "predicted",
        N_("Predicted"),
        N_("What the model, fitted before the holdout, expected."),
        N_("model"),
        "number",
    ),
    Measure(
        "actual",
        N_("Actual"),
        N_("What then happened."),
        N_("count / customers"),
        "number",
    ),
    Measure(
        "log_likelihood",
        N_("Log-likelihood"),
        N_("How probable the model held what each customer then did; closer to 0 is better."),
        N_("sum of log P(purchases in the holdout | history)"),
        "number",
        "higher",
    ),
    Measure(
        "mae",
        N_("Mean absolute error"),
        N_("Distance between expected and actual purchases of a customer in the holdout, on average."),
        N_("mean |predicted - actual|"),
        "number",
        "lower",
    ),
    Measure(
        "bias",
        N_("Bias"),
        N_("Whether the model expects too many purchases (above 0) or too few."),
        N_("mean (predicted - actual)"),
        "number",
    ),
    Measure(
        "calibration_error",
        N_("Calibration error"),
        N_(
            "Distance between predicted churn risk and the share that did not buy, over tenths of customers in the "
            "order of risk."
        ),
        N_("mean |predicted - happened|"),
        "percent",
        "lower",
    ),
    Measure(
        "worst_tenth",
        N_("Worst tenth"),
        N_("The largest of these distances."),
        N_("max |predicted - happened|"),
        "percent",
        "lower",
    ),
)
