"""The measures and terms of trading: what the shop sold on its days, whoever bought."""

from shopkeeper.i18n import N_
from shopkeeper.measures.measure import Measure
from shopkeeper.measures.term import Term

TRADING_MEASURES: tuple[Measure, ...] = (
    Measure(
        "trading_revenue",
        N_("Net revenue"),
        N_(
            "Of the orders of these days, with and without a known buyer. A refund lowers the day of its original "
            "order, whenever it came: young days can still fall."
        ),
        N_("gross - discounts - refunds, without tax and shipping"),
        "money",
        "higher",
    ),
    Measure(
        "trading_orders",
        N_("Orders"),
        N_("Orders with a sale line, each on the day of its first one."),
        N_("count of orders"),
        "integer",
        "higher",
    ),
    Measure(
        "average_order",
        N_("Average order"),
        N_("What an order brings on average, refunds taken off."),
        N_("net revenue / orders"),
        "money",
        "higher",
    ),
    Measure(
        "new_customers",
        N_("New customers"),
        N_("Known customers whose first purchase ever lies in these days, whatever they bought after it."),
        N_("count of customers"),
        "integer",
        "higher",
    ),
    Measure(
        "returning_customers",
        N_("Returning"),
        N_("Known customers who bought in these days and had bought before them."),
        N_("count of customers"),
        "integer",
        "higher",
    ),
    Measure(
        "trading_margin",
        N_("Margin"),
        N_("Net revenue of these days less the cost of the goods; of lines whose unit cost is known only."),
        N_("net revenue of lines with a unit cost - quantity x unit cost"),
        "money",
        "higher",
    ),
    Measure(
        "trading_units",
        N_("Units sold"),
        N_("Units of sale lines; what came back is in the money only. Told where all items are counted alike."),
        N_("sum of quantity"),
        "quantity",
        "higher",
    ),
    Measure(
        "stock_at_cost",
        N_("Stock at cost"),
        N_(
            "What the available units cost, as on the page Coverage. A state as of the last count, never a sum of days."
        ),
        N_("available x unit cost"),
        "money",
    ),
    Measure(
        "median_cover",
        N_("Days of cover"),
        N_("Days that half of the demand is covered for: the median of items in regions, weighted by their demand."),
        N_("weighted median of forward days of cover"),
        "days",
        "higher",
    ),
    Measure(
        "target_gap",
        N_("Below plan"),
        N_(
            "What a month or year ends below its target at this rate, in money. Orders count at what orders of the "
            "period brought on average; what a missed new customer is worth is not known."
        ),
        N_("target - run rate"),
        "money",
        "lower",
    ),
)
TRADING_TERMS: tuple[Term, ...] = (
    Term(
        "period_to_date",
        N_("Period to date"),
        N_(
            "From the first day of the week, month, quarter or year to as-of, complete days only. The period before: "
            "as many days into it, or all of it where it is shorter."
        ),
    ),
    Term(
        "same_weekdays",
        N_("Same weekdays a year ago"),
        N_("The same days 364 days earlier, so that each is held against the same day of the week."),
    ),
    Term(
        "event_aligned",
        N_("Around the event"),
        N_(
            "Days counted from the event's first day, 28 before it to 28 after its end, against the same days of its "
            "last occurrence."
        ),
    ),
    Term(
        "contribution",
        N_("Adds to the change"),
        N_(
            "The change of a channel, region or category as a share of the whole's value before; the parts add up to "
            "the change of the whole. New customers are counted where they first bought."
        ),
    ),
    Term(
        "causes",
        N_("Causes of a change"),
        N_(
            "Net revenue = orders x sum over channels of (share of orders x net revenue per order). Each cause has the "
            "mean of its effect over all orders in which the causes may come into force (Shapley value); the parts add "
            "up to the change, to the cent. Net revenue per order is after refunds."
        ),
    ),
    Term(
        "run_rate",
        N_("Run rate"),
        N_(
            "What the month or year comes to: so far / the share that is done as a rule. That share is the same "
            "month's or year's of last year up to the same day; where the data do not hold all of it, by weekdays of "
            "the last eight weeks; in a younger shop all days weigh alike. Young days can still fall by refunds."
        ),
    ),
    Term(
        "smaller_actions",
        N_("Smaller actions"),
        N_("What is worth less than a share of a month's margin (0.1 % unless set on the page Replenishment)."),
    ),
)
