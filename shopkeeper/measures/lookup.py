"""Every measure once: the screen, the About sheet and the documentation use these words."""

from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.customers import CUSTOMER_MEASURES, MODEL_MEASURES
from shopkeeper.measures.measure import Measure
from shopkeeper.measures.supply import SUPPLY_MEASURES
from shopkeeper.measures.terms import TERMS
from shopkeeper.measures.trading import TRADING_MEASURES

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

MEASURES = (
    *COHORT_MEASURES,
    *SHOP_MEASURES,
    *TRADING_MEASURES,
    *CUSTOMER_MEASURES,
    *MODEL_MEASURES,
    *SUPPLY_MEASURES,
)

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
    declared = _MEASURES[name]
    text = _("{description} Formula: {formula}.", description=_(declared.description), formula=_(declared.formula))
    return label(name), text
