"""The frames of what is held against the forecast: backtest, stock-outs, and what customers should buy."""

from shopkeeper.contract.table import Column, Table, chosen, defined
from shopkeeper.i18n import N_
from shopkeeper.supply.frames import count, day, days, money, share, text, units


def _rmsse(name: str, meaning: str, label: str) -> Column:
    return Column(name, "DOUBLE", meaning, label=label, format="number")


COLUMNS: tuple[Column, ...] = (
    text("level", "What a series adds up.", N_("Level")),
    count("series", "Series with demand that were counted, or that a row adds up.", N_("Series")),
    defined("rmsse"),
    _rmsse("naive_rmsse", "RMSSE of the seasonal naive: the last week repeated.", N_("Last week repeated")),
    _rmsse("average_rmsse", "RMSSE of the moving average: the mean of the last 8 weeks.", N_("Mean of 8 weeks")),
    _rmsse("zero_rmsse", "RMSSE of a forecast of nothing.", N_("Nothing")),
    share("gain", "1 - rmsse / the least RMSSE of a simple method.", N_("Better than the best simple one by")),
    text("model", "The model of most of its series."),
    text("best_simple", "The simple method that missed least: naive, average or zero."),
    defined("pinball_loss", column="pinball"),
    share("naive_pinball", "Pinball loss of the seasonal naive.", N_("Pinball loss, last week repeated")),
    share("average_pinball", "Pinball loss of the moving average.", N_("Pinball loss, mean of 8 weeks")),
    defined("below_80"),
    defined("above_80"),
    defined("below_95"),
    defined("above_95"),
    Column(
        "weeks", "BIGINT", "Weeks held against the bands.", unit="weeks", label=N_("Weeks tested"), format="integer"
    ),
    share("bias", "sum(f - y) / sum y.", N_("Forecast bias")),
    defined("week_wape"),
    share("naive_week_wape", "WAPE of the seasonal naive, by week.", N_("Naive WAPE by week")),
    day("cutoff", "As-of of the earlier forecast.", N_("Said on")),
    count("week", "Week ahead, from 1.", N_("Week ahead")),
    day("starts_on", "First day of the week.", N_("From")),
    day("ends_on", "Last day of the week.", N_("To")),
    units("came", "Sold, and lost for want of stock.", N_("Came")),
    share("difference", "forecast / came - 1.", N_("Forecast against what came")),
    count("weeks_closed", "Weeks of it that have closed.", N_("Weeks closed")),
    count("weeks_below", "Closed weeks below the 80 % band.", N_("Weeks below the 80% band")),
    count("weeks_above", "Closed weeks above the 80 % band.", N_("Weeks above the 80% band")),
    units("low_80", "Lower end of the 80 % band.", N_("80% low")),
    units("high_80", "Upper end of the 80 % band.", N_("80% high")),
    units("demand", "Asked for.", N_("Demand")),
    count("cutoffs", "Cutoffs of the backtest.", N_("Cutoffs")),
    days("days", "Days looked at.", N_("Days"), format="integer", type="BIGINT"),
    day("first_cutoff", "The first cutoff.", N_("First cutoff")),
    day("last_cutoff", "The last cutoff.", N_("Last cutoff")),
    text("region", "The ship-to region; of a location, where it stands.", N_("Region")),
    text("category", "The category.", N_("Category")),
    text("sku", "The item.", N_("Item")),
    text("name", "Its name.", N_("Name")),
    text("abc", "Class by cumulative margin (80/95).", N_("ABC")),
    money("cost", "absolute_error x margin of a unit; net revenue where no margin is known.", N_("Error in margin")),
    units("forecast", "Expected, manual values applied.", N_("Forecast")),
    units("error", "sum(f - y).", N_("Forecast less demand")),
    units("absolute_error", "sum |y - f|, by week.", N_("Error, units")),
    units("naive_absolute_error", "The same of the seasonal naive.", N_("Naive error, units")),
    text("location", "The location.", N_("Location")),
    units("lost", "Units asked for and not there; null before the first snapshot.", N_("Lost units")),
    money("lost_margin", "Lost units at the item's margin of the last year.", N_("Lost margin")),
    money("lost_revenue", "Lost units at its net revenue of the last year.", N_("Lost net revenue")),
    days("out_days", "Days x locations out of stock.", N_("Days out of stock"), format="integer", type="BIGINT"),
    count("locations", "Locations that were out.", N_("Locations")),
    day("last_day", "The last such day.", N_("Last day out")),
    units("baseline", "Units expected on these days.", N_("Baseline, units")),
    units("sold", "Units sold on these days all the same.", N_("Sold, units")),
    units(
        "existing_customers",
        "Expected of today's customers: purchases x the region's units per purchase.",
        N_("Known customers"),
    ),
    units("new_customers", "Expected of customers yet to come.", N_("New customers")),
    units("unidentified", "Expected of orders without identity.", N_("Without identity")),
    units("rest", "Forecast less the three: explained by no part.", N_("Rest")),
    share("rest_share", "Of the forecast.", N_("Rest, share")),
    Column(
        "purchases",
        "DOUBLE",
        "Expected purchases of today's customers.",
        label=N_("Expected purchases"),
        format="number",
    ),
    Column(
        "new_purchases", "DOUBLE", "Of customers yet to come.", label=N_("Purchases of new customers"), format="number"
    ),
    Column("units_per_purchase", "DOUBLE", "In the last year.", label=N_("Units per purchase"), format="number"),
    share("unidentified_share", "Of the last year's revenue.", N_("Share without identity")),
)
"""Every column of the feature's frames, once."""


def _of(*names: str) -> tuple[Column, ...]:
    return chosen(COLUMNS, names)


ACCURACY = Table(
    "forecast_accuracy",
    "one row per level, from the shop down",
    "The rolling backtest beside simple methods.",
    _of(
        "level",
        "series",
        "rmsse",
        "naive_rmsse",
        "average_rmsse",
        "zero_rmsse",
        "gain",
        "best_simple",
        "model",
        "pinball",
        "naive_pinball",
        "average_pinball",
        "below_80",
        "above_80",
        "below_95",
        "above_95",
        "weeks",
        "bias",
        "week_wape",
        "naive_week_wape",
        "demand",
        "cutoffs",
        "days",
        "first_cutoff",
        "last_cutoff",
    ),
    key=("level",),
)

SAID = Table(
    "said_before",
    "one row per earlier forecast of which a week has closed, the newest first",
    "What was forecast on earlier days against what came.",
    _of("cutoff", "weeks_closed", "forecast", "came", "difference", "weeks_below", "weeks_above"),
    key=("cutoff",),
)

SAID_WEEKS = Table(
    "said_before_weeks",
    "one row per earlier forecast and closed week",
    "The same week by week.",
    _of("cutoff", "week", "starts_on", "ends_on", "forecast", "low_80", "high_80", "came"),
    key=("cutoff", "week"),
)

WORST = Table(
    "forecast_worst",
    "one row per SKU (region x SKU where regions are chosen), the most costly first",
    "Errors of the backtest by item.",
    _of(
        "region",
        "category",
        "sku",
        "name",
        "abc",
        "cost",
        "bias",
        "week_wape",
        "demand",
        "forecast",
        "error",
        "absolute_error",
        "naive_absolute_error",
        "cutoffs",
        "days",
    ),
    key=("region", "sku"),
)

LOST = Table(
    "lost_sales",
    "one row per SKU, or SKU x region, or SKU x location, the most margin first",
    "Stock-outs and what they cost.",
    _of(
        "region",
        "location",
        "category",
        "sku",
        "name",
        "abc",
        "lost",
        "lost_margin",
        "lost_revenue",
        "out_days",
        "locations",
        "last_day",
        "baseline",
        "sold",
    ),
)

BOTH_SIDES = Table(
    "two_sided",
    "one row per ship-to region, by forecast",
    "What the items expect against what the customers should buy.",
    _of(
        "region",
        "forecast",
        "existing_customers",
        "new_customers",
        "unidentified",
        "rest",
        "rest_share",
        "purchases",
        "new_purchases",
        "units_per_purchase",
        "unidentified_share",
    ),
    key=("region",),
)

BOTH_SIDES_WHOLE = Table(
    "two_sided_whole",
    "one row",
    "The sums of both sides.",
    _of("forecast", "existing_customers", "new_customers", "unidentified", "purchases", "rest", "rest_share"),
)
