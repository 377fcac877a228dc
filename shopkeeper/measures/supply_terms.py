"""The words of demand, stock and the network."""

from shopkeeper.i18n import N_
from shopkeeper.measures.term import Term

SUPPLY_TERMS: tuple[Term, ...] = (
    # Demand
    Term(
        "demand",
        N_("Demand"),
        N_(
            "Units of sale lines by the day they were ordered and the region they ship to; returns stand apart. Moves "
            "between locations and sell-in to dealers are not demand. Weeks are seven days each: ahead from the day "
            "after as-of, behind up to as-of."
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
            "by "
            "then is less than the demand until then and the safety stock of the service wanted."
        ),
    ),
    Term(
        "order_urgency",
        N_("Today, this week, can wait"),
        N_(
            "By the last safe order day: it has come; it comes within 7 days; it comes within 28 days. Lines that go "
            "with "
            "others of their supplier count as of today."
        ),
    ),
    Term(
        "purchase_order",
        N_("Purchase order and line"),
        N_(
            "A line is an item at a location, a purchase order one supplier's lines of one day. Where a line has to go "
            "today, the supplier's lines that fall due before the next review go with it. An order below the "
            "supplier's "
            "least is filled up with what falls due next, then raised so that all lines run out on one day."
        ),
    ),
    Term(
        "materiality",
        N_("Material"),
        N_(
            "What is worth less than a share of a month's margin (0.1% unless set; the mean month of the last 365 "
            "days) "
            "leads no page and no list of actions. The largest sum leads."
        ),
    ),
    Term(
        "supplier_score",
        N_("Supplier's score"),
        N_(
            "Of the deliveries ordered in the last 365 days: on time (landed by the due day), early, late and by how "
            "much, "
            "short (fewer units than ordered). From three measured deliveries on, their mean deviation from the stated "
            "lead time is added to it, the more the more deliveries there are: n / (n + 5) of it; the spread likewise."
        ),
    ),
    Term(
        "economic_order",
        N_("Economic order quantity"),
        N_(
            "Where the policy gives the cost of an order line, no order is smaller than sqrt(2 K D / h): K that cost, "
            "D "
            "the demand of a year, h what holding a unit costs a year."
        ),
    ),
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
            "more than it can spare, no place gets more than it has room for, a lane moves its minimum or nothing, and "
            "more "
            "than is missing where that pays. "
            "Only moves that arrive before the receiver's next supply count."
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
