"""Every measure once: the screen, the About sheet and the documentation use these words."""

from dataclasses import dataclass
from typing import Literal

from shopkeeper import i18n
from shopkeeper.i18n import N_, Number
from shopkeeper.i18n import gettext as _
from shopkeeper.terms import TERMS

Format = Literal["integer", "number", "percent", "money", "money_compact", "days"]
Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Measure:
    """A figure with one meaning. `better` says which direction is good news."""

    name: str
    label: str
    description: str
    formula: str
    format: Format
    better: Better = "neither"


COHORT_MEASURES: tuple[Measure, ...] = (
    Measure(
        "customers",
        N_("Customers"),
        N_("Customers of the cohort who bought, by the chosen method."),
        N_("count of customers"),
        "integer",
        "higher",
    ),
    Measure(
        "retention_rate",
        N_("Retention rate"),
        N_("Share of the cohort's observed customers who bought, by the chosen method."),
        N_("customers / n"),
        "percent",
        "higher",
    ),
    Measure(
        "revenue",
        N_("Net revenue"),
        N_("Net revenue of the cohort in the period; a refund counts on the day of its original order."),
        N_("gross - discounts - refunds, without tax and shipping"),
        "money",
        "higher",
    ),
    Measure(
        "revenue_per_customer",
        N_("Net revenue per acquired customer"),
        N_("Net revenue in the period, spread over all customers acquired, whether they bought or not."),
        N_("net revenue / n"),
        "money",
        "higher",
    ),
    Measure(
        "margin",
        N_("Margin"),
        N_("Net revenue less the cost of the goods; lines without a known unit cost are left out."),
        N_("net revenue - quantity * unit cost"),
        "money",
        "higher",
    ),
    Measure(
        "margin_per_customer",
        N_("Margin per acquired customer"),
        N_("Margin in the period, spread over all customers acquired, whether they bought or not."),
        N_("margin / n"),
        "money",
        "higher",
    ),
    Measure(
        "orders",
        N_("Orders"),
        N_("Orders of the cohort in the period that hold at least one sale line."),
        N_("count of orders"),
        "integer",
        "higher",
    ),
    Measure(
        "orders_per_customer",
        N_("Orders per acquired customer"),
        N_("Orders in the period, spread over all customers acquired, whether they bought or not."),
        N_("orders / n"),
        "number",
        "higher",
    ),
    Measure(
        "cumulative_revenue",
        N_("Cumulative net revenue"),
        N_("Net revenue of the cohort from its first purchase to the end of the period."),
        N_("sum of net revenue over periods 0 to k"),
        "money",
        "higher",
    ),
    Measure(
        "cumulative_revenue_per_customer",
        N_("Cumulative net revenue per acquired customer"),
        N_("What an acquired customer has brought by the end of the period, on average."),
        N_("cumulative net revenue / n"),
        "money",
        "higher",
    ),
    Measure(
        "cumulative_margin",
        N_("Cumulative margin"),
        N_("Margin of the cohort from its first purchase to the end of the period."),
        N_("sum of margin over periods 0 to k"),
        "money",
        "higher",
    ),
    Measure(
        "cumulative_margin_per_customer",
        N_("Cumulative margin per acquired customer"),
        N_("What an acquired customer has earned the shop by the end of the period, on average."),
        N_("cumulative margin / n"),
        "money",
        "higher",
    ),
    Measure(
        "cumulative_orders",
        N_("Cumulative orders"),
        N_("Orders of the cohort from its first purchase to the end of the period."),
        N_("sum of orders over periods 0 to k"),
        "integer",
        "higher",
    ),
    Measure(
        "cumulative_orders_per_customer",
        N_("Cumulative orders per acquired customer"),
        N_("How often an acquired customer has ordered by the end of the period, on average."),
        N_("cumulative orders / n"),
        "number",
        "higher",
    ),
    Measure(
        "cohort_size",
        N_("Cohort size"),
        N_("Customers whose first-ever purchase lies in the cohort's period."),
        N_("count of customers"),
        "integer",
        "higher",
    ),
    Measure(
        "n",
        N_("Observed customers (n)"),
        N_("Customers of the cohort whose period or window k has closed; every rate divides by them."),
        N_("count of customers"),
        "integer",
    ),
    Measure(
        "low",
        N_("Lower bound (95%)"),
        N_("Lower end of the 95% interval of the rate."),
        N_("Wilson score interval, z = 1.96"),
        "percent",
    ),
    Measure(
        "high",
        N_("Upper bound (95%)"),
        N_("Upper end of the 95% interval of the rate."),
        N_("Wilson score interval, z = 1.96"),
        "percent",
    ),
    Measure(
        "upper",
        N_("Upper identity bound"),
        N_("The rate if each order without a known buyer had been the return of a different customer of the cohort."),
        N_("min(n, customers + unidentified orders on these days) / n"),
        "percent",
    ),
)

SHOP_MEASURES: tuple[Measure, ...] = (
    Measure(
        "purchases",
        N_("Purchases"),
        N_("Days on which a customer bought; orders of one customer on the same day are one purchase."),
        N_("count of customer-days with at least one sale line"),
        "integer",
        "higher",
    ),
    Measure(
        "net_revenue",
        N_("Total net revenue"),
        N_("Net revenue of the whole shop, with and without a known buyer."),
        N_("gross - discounts - refunds, without tax and shipping"),
        "money",
        "higher",
    ),
    Measure(
        "average_purchase",
        N_("Average purchase value"),
        N_("What one purchase brings, on average."),
        N_("net revenue / purchases"),
        "money",
        "higher",
    ),
    Measure(
        "identified_order_share",
        N_("Identified-order share"),
        N_("Share of orders whose buyer is known; only these can show who comes back."),
        N_("orders with a customer / all orders"),
        "percent",
        "higher",
    ),
    Measure(
        "cost_share",
        N_("Revenue with known cost"),
        N_("Share of net revenue whose unit cost is known; margin is about this part alone."),
        N_("net revenue of lines with a unit cost / net revenue"),
        "percent",
        "higher",
    ),
    Measure(
        "rejected_rows",
        N_("Rejected rows"),
        N_("Rows that break the data contract: kept apart, listed with the reason, in no figure."),
        N_("rows in - rows published"),
        "integer",
        "lower",
    ),
)

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
        N_("What a repeat purchase of the customer brought, on average; empty for who bought once."),
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
        N_("What the customer has brought so far; it has happened."),
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
        "purchase_value",
        N_("Expected value per purchase"),
        N_(
            "What the next purchase should bring: the customer's own mean, drawn towards the shop's the more the "
            "fewer purchases it stands on."
        ),
        N_("Gamma-Gamma conditional expectation"),
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

MEASURES = (*COHORT_MEASURES, *SHOP_MEASURES, *CUSTOMER_MEASURES, *MODEL_MEASURES)

_MEASURES = {measure.name: measure for measure in MEASURES}


def measure(name: str) -> Measure:
    """Raise `KeyError` where no measure has that name."""
    return _MEASURES[name]


def cell_measures(name: str, method: str) -> tuple[Measure, Measure]:
    """What `value` and `rate` of a retention table are, by its measure (customers, revenue, ...) and its method."""
    if name == "customers":
        return _MEASURES["customers"], _MEASURES["retention_rate"]
    whole = f"cumulative_{name}" if method == "cumulative" else name
    return _MEASURES[whole], _MEASURES[f"{whole}_per_customer"]


def label(name: str) -> str:
    """What a measure or a term is called, in the language in use; `KeyError` for a name that is neither."""
    declared = TERMS[name] if name in TERMS else _MEASURES[name]
    return _(declared.label)


def definition(name: str) -> tuple[str, str]:
    """Label and full text of a measure (with its formula) or a term, in the language in use; else `KeyError`."""
    if (term := TERMS.get(name)) is not None:
        return label(name), _(term.text)
    found = _MEASURES[name]
    text = _("{description} Formula: {formula}.", description=_(found.description), formula=_(found.formula))
    return label(name), text


def format_value(measure: Measure, value: Number | None, currency: str) -> str:
    """The value as the measure is read, in the language in use; a missing one is a dash."""
    match measure.format:
        case "integer":
            return i18n.integer(value)
        case "number":
            return i18n.number(value)
        case "percent":
            return i18n.percent(value)
        case "money":
            return i18n.money(value, currency)
        case "money_compact":
            return i18n.compact_money(value, currency)
        case "days":
            return i18n.days(value)
