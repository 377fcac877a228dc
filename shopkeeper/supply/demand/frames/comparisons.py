"""The frames of what is held against the forecast: backtest, stock-outs, and what customers should buy."""

from shopkeeper.contract.table import Column, Table, chosen, defined
from shopkeeper.i18n import N_
from shopkeeper.supply.frames import count, day, days, money, share, text, units

COLUMNS: tuple[Column, ...] = (
    text("level", "What a series adds up.", N_("Level")),
    count("series", "Series with demand that were counted, or that a row adds up.", N_("Series")),
    defined("week_wape"),
    share("naive_week_wape", "WAPE of the seasonal naive, by week.", N_("Naive WAPE by week")),
    share("gain", "1 - week_wape / naive_week_wape.", N_("Better than naive by")),
    share("bias", "sum(f - y) / sum y.", N_("Forecast bias")),
    defined("mase"),
    Column("naive_mase", "DOUBLE", "MASE of the seasonal naive.", label=N_("Naive MASE"), format="number"),
    defined("interval_coverage_80"),
    defined("interval_coverage_95"),
    Column(
        "weeks", "BIGINT", "Weeks held against the bands.", unit="weeks", label=N_("Weeks tested"), format="integer"
    ),
    defined("wape"),
    share("naive_wape", "WAPE of the seasonal naive, by day.", N_("Naive WAPE by day")),
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
    units("absolute_error", "sum |y - f|.", N_("Error, units")),
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
    "The rolling backtest beside the seasonal naive.",
    _of(
        "level",
        "series",
        "week_wape",
        "naive_week_wape",
        "gain",
        "bias",
        "mase",
        "naive_mase",
        "interval_coverage_80",
        "interval_coverage_95",
        "weeks",
        "wape",
        "naive_wape",
        "demand",
        "cutoffs",
        "days",
        "first_cutoff",
        "last_cutoff",
    ),
    key=("level",),
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
        "wape",
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
