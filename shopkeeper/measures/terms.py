"""Every word that the pages use in one sense, once: methods, windows, filters and marks."""

from collections.abc import Mapping

from shopkeeper.i18n import N_
from shopkeeper.measures.order_terms import ORDER_TERMS
from shopkeeper.measures.term import Term
from shopkeeper.measures.trading import TRADING_TERMS

__all__ = ["TERMS", "Term"]


_ALL = (
    Term("as_of", N_("As of"), N_("The last complete day in the data; nothing later is counted.")),
    Term(
        "purchase",
        N_("Purchase"),
        N_(
            "A customer's day with at least one sale line: positive quantity, positive price, not cancelled, no staff, "
            "gift or exchange order. A later refund lowers revenue, it does not undo the purchase."
        ),
    ),
    Term(
        "cohort",
        N_("Cohort"),
        N_(
            "Customers whose first-ever purchase lies in the same day, week, month or quarter; found before any filter."
        ),
    ),
    Term("age", N_("Age (k)"), N_("Periods or windows since that of the first purchase, which is 0.")),
    Term("exact", N_("Exact"), N_("The customer bought in period k itself.")),
    Term(
        "unbounded",
        N_("Unbounded"),
        N_("The customer bought in period k or later, up to the as-of date; never final, it can still rise."),
    ),
    Term(
        "cumulative",
        N_("Cumulative"),
        N_("The customer bought again in any of the periods 1 to k; 0 at age 0."),
    ),
    Term(
        "calendar",
        N_("Calendar periods"),
        N_("Age k is the k-th calendar day, week, month or quarter after that of the first purchase."),
    ),
    Term(
        "rolling",
        N_("Rolling windows"),
        N_("Age k is the k-th window of n days since the customer's own first purchase; window 0 begins with it."),
    ),
    Term(
        "acquired_in",
        N_("Acquired in"),
        N_("Keeps the customers whose first-ever purchase was there; all their later purchases count."),
    ),
    Term(
        "bought_in",
        N_("Bought in"),
        N_("Keeps the purchases made there; cohorts are still those of the first-ever purchase anywhere."),
    ),
    Term(
        "immature",
        N_("Not yet closed"),
        N_("The period or window has not closed by the as-of date: the cell is empty and marked, never 0."),
    ),
    Term(
        "mean",
        N_("Weighted mean"),
        N_("Sum of the values over the sum of n, over closed cells only."),
    ),
    Term(
        "interval",
        N_("95% interval"),
        N_("Wilson score interval: where the true rate lies with 95% confidence. With n below 30 it is wide."),
    ),
    Term(
        "left_truncation",
        N_("May not be first"),
        N_(
            "The cohort lies near the start of the data: some of its customers bought before, so their first purchase "
            "here may not be their first."
        ),
    ),
    Term(
        "identity_bounds",
        N_("Identity bounds"),
        N_(
            "Orders without a known buyer cannot be attributed. The bounds run from none of them being a return to "
            "each being the return of a different customer of the cohort."
        ),
    ),
    Term(
        "holdout",
        N_("Holdout"),
        N_(
            "The last third of the history, at least 90 days: models are fitted on what came before and tested on it. "
            "The model that foresaw it best is the default, fitted again on all days."
        ),
    ),
    Term(
        "expected_next_order",
        N_("Expected next order"),
        N_(
            "If the customer still buys here: the day by which half of the customers with such a history have bought "
            "again. Empty where that lies more than two years ahead."
        ),
    ),
    Term(
        "lifetime_value",
        N_("Lifetime value"),
        N_(
            "What customers bring over their life with the shop. What has happened (historic) and what is expected "
            "over the chosen months (predicted, discounted) stand apart and are never added up."
        ),
    ),
    Term(
        "rescue_list",
        N_("Rescue list"),
        N_(
            "Customers who are quiet or at risk, by value at stake, without those who may not be contacted, bought in "
            "the last days, are returning goods, or are lost already. Quiet: longer since the last purchase than the "
            "customer's own median gap, or with fewer than two gaps, than three in four of those who came back after "
            "as many purchases took. Who never said whether to be contacted is on it, and marked."
        ),
    ),
    Term(
        "lifecycle",
        N_("Lifecycle stage"),
        N_(
            "New (bought once, lately), active, loyal (many purchases), won back (bought lately after a long "
            "silence), at risk (silent for longer), lost (silent for very long). The page shows the bounds, which can"
            " be moved."
        ),
    ),
    Term(
        "plain_rate",
        N_("Plain rate"),
        N_(
            "Share of customers with as many purchases and as long a silence who did not buy in as many days; "
            "it serves where no model can be had."
        ),
    ),
    # Demand
    Term(
        "demand",
        N_("Demand"),
        N_(
            "Units of sale lines by the day they were ordered and the region they ship to; returns stand apart. Moves "
            "between locations are not demand, nor is sell-in to dealers whose own sales are in the data. Weeks are "
            "seven days each: ahead from the day after as-of, behind up to as-of."
        ),
    ),
    Term(
        "forecast_band",
        N_("80% and 95% band"),
        N_(
            "Where the demand of a week should lie 80 (95) times of 100, from the errors of the backtest. Bands of "
            "several series are added as if all erred alike; a total of weeks is as wide as weeks erred together."
        ),
    ),
    Term(
        "seasonal_naive",
        N_("Seasonal naive"),
        N_("The plain rival of every forecast: each day as on the same weekday of the last week that was known."),
    ),
    Term(
        "simple_methods",
        N_("Simple methods"),
        N_(
            "What every forecast is held against: the last week repeated (seasonal naive), the mean of the last 8 "
            "weeks (moving average), and nothing at all (zero). Each gets bands from its own misses, as the forecast "
            "does."
        ),
    ),
    Term(
        "backtest",
        N_("Backtest"),
        N_(
            "Forecasts made again from earlier days with nothing but what was known then (rolling origin), held "
            "against what came."
        ),
    ),
    Term(
        "demand_pattern",
        N_("Demand pattern"),
        N_(
            "Smooth, erratic, intermittent or lumpy, by the mean days between days with demand (ADI, bound 1.32) and "
            "how much the amounts differ (CV^2, bound 0.49); new where there is too little history, none where nothing "
            "sold."
        ),
    ),
    Term(
        "manual_value",
        N_("Manual value"),
        N_(
            "Units per day that somebody set for an item in place of the statistical forecast, kept beside it with "
            "author and reason. For all regions together it is shared out as the statistical forecast of each day is."
        ),
    ),
    Term(
        "out_day",
        N_("Days out of stock"),
        N_(
            "Days x locations whose evening snapshot holds nothing while the item was on sale. Emptied by a move and "
            "not by sales, the day is not counted."
        ),
    ),
    Term(
        "two_sided",
        N_("Two-sided check"),
        N_(
            "The forecast from the items' history against what customers are expected to buy: known customers by the "
            "model of buying behaviour, new ones as in the same weeks a year before, and orders without identity by "
            "their share. The rest is what the two disagree on."
        ),
    ),
    # Coverage
    Term(
        "coverage_status",
        N_("Status"),
        N_(
            "The first that holds. No demand: less than half a unit in 91 days. Out: nothing available. Runs out: used "
            "up before an order placed today can be sold (lead time and receiving). Order now: the last safe order day "
            "has come; tomorrow, available and what lands in time would be below the reorder point. Excess: a unit or "
            "more beyond the order-up-to level and "
            "91 days of forecast. Else ok. A SKU that was never counted anywhere, or is missing from its location's "
            "newest count, has none. That of a week ago is by "
            "the stock and deliveries of then and today's forecast."
        ),
    ),
    Term(
        "regional_stock",
        N_("Stock of a region"),
        N_(
            "A location's stock and deliveries belong to the regions that it serves, in proportion to the forecast "
            "demand that it serves there, so that regions add up to the total. Who serves a region is told by what was "
            "shipped there in 365 days, by category; where nobody shipped, by the fastest lane. A region's lead time "
            "is the supplier's; that of a store or dealer with a lane from a warehouse is the lane's."
        ),
    ),
    Term(
        "abc_class",
        N_("ABC class"),
        N_("A: the items that bring the first 80 % of the margin of 365 days, B: up to 95 %, C: the rest."),
    ),
    Term(
        "stock_age",
        N_("Age of stock"),
        N_(
            "First in, first out: what is on hand now is what landed last. A move between locations begins anew. What "
            "the known deliveries do not explain landed before the oldest of them."
        ),
    ),
    # Replenishment
    Term(
        "order_need",
        N_("Need of a warehouse"),
        N_(
            "What it ships to buyers itself, and what the stores and dealers that it supplies will have to fetch: "
            "their forecast beyond their own stock, safety stock and deliveries, on the day when it has to leave."
        ),
    ),
    Term(
        "order_by",
        N_("Order by"),
        N_(
            "The last safe order day: an order placed later lands, ready for sale, when what is there and what lands "
            "by then is less than the demand until then and the safety stock of the service wanted."
        ),
    ),
    *ORDER_TERMS,
    *TRADING_TERMS,
    Term(
        "spare_stock",
        N_("What a source can spare"),
        N_(
            "The most that can leave today so that its stock, with what is on its way, never falls below its safety "
            "stock before an order of the next review could land. For those it does not supply itself, the needs of "
            "those it does supply are kept back too."
        ),
    ),
    Term(
        "transfer_plan",
        N_("Transfer plan"),
        N_(
            "The moves along existing lanes that save most margin less cost, by linear programming: no source gives "
            "more than it can spare, no place gets more than it has room for, a lane moves its minimum or nothing, "
            "and more than is missing where that pays. Only moves that arrive before the receiver's next supply count."
        ),
    ),
    Term(
        "decision_score",
        N_("Score of a decision"),
        N_(
            "Needed: it would have run out without the units that landed, and did not. Not enough: it ran out all the "
            "same. Not needed: it would have lasted. Not done: nothing landed. Missed: refused, and it ran out. "
            "Rightly refused: it did not. Open until a later order could have landed."
        ),
    ),
    # Network
    Term(
        "promise",
        N_("Promise"),
        N_(
            "Days within which a region is served near: a lane counts if its mean days are no more. A location that "
            "ships but has no lane to its own region is taken to reach it in 1 day."
        ),
    ),
    Term(
        "goods_given_out",
        N_("How goods are given out"),
        N_(
            "Item by item, so that most units are near; of all such ways the one that serves most units at all, and "
            "of those the one with the least shipping cost (an exact transportation problem). A location that does "
            "not ship serves who comes to it: no more than its share of its own region's demand, at once and without "
            "freight."
        ),
    ),
    Term(
        "further_node",
        N_("One more shipping point"),
        N_(
            "A location switched on ships what it has beyond its own counter's demand, by its own lanes or by ones "
            "like those of its kind (a straight line over the distance on the tile map, as far as these reach). A new"
            " node gets goods that lie idle in warehouses, as far as they are missing near the regions it reaches in "
            "time and as much as the median of its kind holds. Nobody buys more because goods are nearer: margin is "
            "added only by units that nobody could be sent before; all else is shipping cost saved or added."
        ),
    ),
    Term(
        "throughput",
        N_("Throughput"),
        N_("Units shipped to buyers, moved out to other locations, and received, in the last 28 and 91 days."),
    ),
)

TERMS: Mapping[str, Term] = {term.name: term for term in _ALL}
