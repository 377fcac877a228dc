"""Measures of demand, stock and the network, once each."""

from collections.abc import Mapping

from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.measure import Measure

DEMAND_MEASURES: tuple[Measure, ...] = (
    Measure(
        "rmsse",
        N_("Miss against usual changes (RMSSE)"),
        N_(
            "How far the forecast missed week by week of the backtest, in units of how much demand changes from a week "
            "to the next. Pooled over series, so that what sells much weighs much. Compare it with the simple methods "
            "beside it: lower is better."
        ),
        N_("root of (sum of (y - f)^2) / (sum of the mean squared change from week to week before)"),
        "number",
        "lower",
    ),
    Measure(
        "pinball_loss",
        N_("Pinball loss"),
        N_(
            "What the forecast with its bands costs where it is off: bands that are too narrow cost, and so do bands "
            "that are too wide. A forecast of nothing has 100%, so it says how much is known, also of items that "
            "seldom sell."
        ),
        N_("2 x mean pinball loss at 2.5, 10, 50, 90 and 97.5% / sum of y, over weeks"),
        "percent",
        "lower",
    ),
    Measure(
        "below_80",
        N_("Below the 80% band (right: 10%)"),
        N_("Share of the backtest's weeks that came out below the lower end of the 80% band; 10% is right."),
        N_("weeks below / weeks tested"),
        "percent",
    ),
    Measure(
        "above_80",
        N_("Above the 80% band (right: 10%)"),
        N_(
            "Share of the backtest's weeks that came out above the upper end of the 80% band; 10% is right. More means "
            "that shelves run empty more often than was planned."
        ),
        N_("weeks above / weeks tested"),
        "percent",
    ),
    Measure(
        "below_95",
        N_("Below the 95% band (right: 2.5%)"),
        N_("Share of the backtest's weeks that came out below the lower end of the 95% band; 2.5% is right."),
        N_("weeks below / weeks tested"),
        "percent",
    ),
    Measure(
        "above_95",
        N_("Above the 95% band (right: 2.5%)"),
        N_("Share of the backtest's weeks that came out above the upper end of the 95% band; 2.5% is right."),
        N_("weeks above / weeks tested"),
        "percent",
    ),
    Measure(
        "week_wape",
        N_("WAPE by week"),
        N_(
            "How far the forecast was off, week by week of the backtest, as a share of what was asked for. Empty where "
            "most weeks are without demand: there a forecast of nothing would look best."
        ),
        N_("sum of |y - f| / sum of y, over weeks of seven days"),
        "percent",
        "lower",
    ),
    Measure(
        "forecast_bias",
        N_("Forecast bias"),
        N_("Whether the forecast was too high (above 0) or too low in sum."),
        N_("sum of (f - y) / sum of y"),
        "percent",
    ),
    Measure(
        "error_cost",
        N_("Error in margin"),
        N_(
            "What the forecast was off in the backtest, in margin of the item; it tells what is worth looking at first."
        ),
        N_("sum of |y - f| by week x margin per unit"),
        "money",
        "lower",
    ),
    Measure(
        "units_lost",
        N_("Lost units"),
        N_(
            "What could have been sold, had it been there. Empty all day: the whole baseline, which is the location's "
            "own rate on days with stock, leaned on what the item sells elsewhere, at the day's level. Ran empty "
            "within the day: the demand beyond what was there. Days without a snapshot are unknown and count as "
            "nothing."
        ),
        N_(
            "sum of max(0, baseline - sold), or its expectation E[D - A | D >= A] where A units were there and all went"
        ),
        "number",
        "lower",
    ),
    Measure(
        "margin_lost",
        N_("Lost margin"),
        N_("Lost units at the item's margin per unit of the last year."),
        N_("lost units x margin per unit"),
        "money",
        "lower",
    ),
)

# Coverage
COVERAGE_MEASURES: tuple[Measure, ...] = (
    Measure(
        "days_of_cover",
        N_("Forward days of cover"),
        N_(
            "Days until the forecast has used up what is available and what lands by then. Empty: it outlasts the 91 "
            "days of the forecast, or nothing is asked for. Of a group: the median of its items, weighted by demand."
        ),
        N_("smallest t with cumulative forecast >= available + deliveries due by t"),
        "days",
        "higher",
    ),
    Measure(
        "available",
        N_("Available"),
        N_("Units that can be promised; a negative count is nothing. A state: never added up over days."),
        N_("max(0, on hand - committed)"),
        "integer",
    ),
    Measure(
        "open_units",
        N_("On its way"),
        N_(
            "Units ordered or moved that have not landed, or landed after the last count. What is late is taken to "
            "land tomorrow; what is overdue by more than 30 days is not counted."
        ),
        N_("sum of open deliveries"),
        "integer",
    ),
    Measure(
        "safety_stock",
        N_("Safety stock"),
        N_(
            "Units held against chance, for the service of the stock policy: the share of replenishment cycles without "
            "a stock-out or, where the policy says so, the fill rate (share of units served from the shelf, "
            "G(z) = (1 - fill rate) Q / s). Of a region: its part of what the locations that serve it hold. d is the "
            "mean day of the forecast over the lead time L, s_d the "
            "standard deviation of the daily forecast error, s_L that of the lead time. Intermittent and lumpy items: "
            "quantile of lead-time demand less its mean, by a negative binomial distribution of this mean and "
            "variance, or Poisson's where the variance is no larger than the mean."
        ),
        N_("z sqrt(L s_d^2 + d^2 s_L^2)"),
        "number",
    ),
    Measure(
        "reorder_point",
        N_("Reorder point"),
        N_("Order before available, with what lands in time, falls below it."),
        N_("d L + safety stock"),
        "number",
    ),
    Measure(
        "order_up_to",
        N_("Order-up-to level"),
        N_(
            "What an order restores, where one looks every R days. What will be lost before it lands is not ordered "
            "again."
        ),
        N_("d (L + R) + safety stock(L + R)"),
        "number",
    ),
    Measure(
        "margin_at_stake",
        N_("Margin at stake until help lands"),
        N_(
            "Margin expected to be lost before help can land: an order of today, or a move from the warehouse that "
            "supplies the place (where that is empty, after its own order). Chance is in it: also what will probably "
            "last can run out. What could not be sold is not asked for again. Reckoned by location; regions have their "
            "part of it."
        ),
        N_("E[(demand until help lands - available - landed)+] x margin per unit, E by s G(z) or by counted demand"),
        "money",
        "lower",
    ),
    Measure(
        "lost_units",
        N_("Units lost until help lands"),
        N_("Units that are expected to be asked for, but not to be there, before help can land; chance is in it."),
        N_("E[(demand until help lands - available - landed)+], the largest before any delivery"),
        "number",
        "lower",
    ),
    Measure(
        "excess_units",
        N_("Excess units"),
        N_("Available units beyond the order-up-to level and beyond 91 days of forecast; without demand all of them."),
        N_("max(0, available - max(order-up-to level, forecast of 91 days))"),
        "number",
        "lower",
    ),
    Measure(
        "excess_value",
        N_("Excess at cost"),
        N_("What the excess units cost."),
        N_("excess units x unit cost"),
        "money",
        "lower",
    ),
    Measure(
        "stock_value", N_("Stock at cost"), N_("What the available units cost."), N_("available x unit cost"), "money"
    ),
    Measure(
        "sell_through",
        N_("Sell-through"),
        N_("Of what was there to be sold in the last 91 days, the share that was sold."),
        N_("sold in 91 days / (sold in 91 days + on hand now)"),
        "percent",
        "higher",
    ),
)

# Replenishment
REPLENISHMENT_MEASURES: tuple[Measure, ...] = (
    Measure(
        "position",
        N_("Position"),
        N_("What there is to serve demand until an order of today lands. Below 0: more is promised than is there."),
        N_("on hand - committed + open deliveries that land within the lead time"),
        "integer",
    ),
    Measure(
        "margin_protected",
        N_("Margin protected (91 days)"),
        N_("What would be lost over the forecast's 91 days if nobody ordered, as far as the ordered units save it."),
        N_("unit margin x min(units ordered, expected units short after the lead time), short = s G((m - x) / s)"),
        "money",
        "higher",
    ),
    Measure(
        "waiting_costs",
        N_("Waiting costs (until the next review)"),
        N_("Margin that is lost on average if this is not ordered today but at the next review."),
        N_("unit margin x expected units short between the landing of an order of today and of the next review"),
        "money",
        "lower",
    ),
    Measure(
        "margin_saved",
        N_("Margin saved"),
        N_("Margin of what the receiver would be short of before its next supply, and will have because of the move."),
        N_("unit margin x mean over ten courses of demand of min(units moved, units short)"),
        "money",
        "higher",
    ),
    Measure(
        "transfer_gain",
        N_("Saved less cost"),
        N_("What a move brings in the end."),
        N_("margin saved - units x cost per unit of the lane"),
        "money",
        "higher",
    ),
)

# Network
NETWORK_MEASURES: tuple[Measure, ...] = (
    Measure(
        "near_demand_rate",
        N_("Near-demand rate"),
        N_(
            "Share of the demand of the days ahead for which goods lie within the region's promise. Demand is the "
            "forecast by ship-to region and item; no unit of stock is promised twice; demand without a region is left"
            " out."
        ),
        N_("sum over regions of min(region demand, stock in reach of the region's promise) / total demand"),
        "percent",
        "higher",
    ),
    Measure(
        "lead_to_buyer",
        N_("Days to the buyer"),
        N_("Mean days of the lanes by which units go to their regions, near and far; without what is not to be had."),
        N_("sum of units x lead days / units served"),
        "number",
        "lower",
    ),
    Measure(
        "freight",
        N_("Shipping cost"),
        N_(
            "What the lanes to regions cost for the units that go by them; for a new node also what moving the units "
            "there costs. Goods sold over the counter cost none."
        ),
        N_("sum of units x cost per unit of the lane"),
        "money",
        "lower",
    ),
    Measure(
        "cost_per_point",
        N_("Cost per point"),
        N_(
            "What one more percentage point of the near-demand rate costs a year: shipping cost added (below 0: "
            "saved) and what the node itself costs, as entered or as its kind costs. A year is so many times the days "
            "ahead as the units sold in the last 365 days are of their demand."
        ),
        N_("(change of shipping cost per year + cost of the node per year) / percentage points gained"),
        "money",
        "lower",
    ),
)

SUPPLY_MEASURES = (*DEMAND_MEASURES, *COVERAGE_MEASURES, *REPLENISHMENT_MEASURES, *NETWORK_MEASURES)


LEVEL_NAMES: Mapping[str, str] = {
    "shop": N_("Whole shop"),
    "category": N_("Category"),
    "region": N_("Region"),
    "region_category": N_("Region x category"),
    "sku": N_("Item"),
    "region_sku": N_("Region x item"),
}


PATTERN_NAMES: Mapping[str, str] = {
    "smooth": N_("smooth"),
    "erratic": N_("erratic"),
    "intermittent": N_("intermittent"),
    "lumpy": N_("lumpy"),
    "new": N_("new"),
    "none": N_("no demand"),
}


def level_name(level: str) -> str:
    """A level in the language in use."""
    return _(LEVEL_NAMES[level])
