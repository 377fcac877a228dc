"""The frames of the forecast. Weeks are seven days each: ahead they begin with the day after as-of."""

from dataclasses import replace

from shopkeeper.contract.table import Column, Table, chosen
from shopkeeper.i18n import N_
from shopkeeper.supply.frames import count, day, days, money, share, text, units

COLUMNS: tuple[Column, ...] = (
    day("day", "The day.", N_("Day")),
    units("units", "Expected units; of the history, units sold.", N_("Next 4 weeks")),
    units("lost", "Units asked for and not there; null before the first snapshot.", N_("Lost units")),
    count("week", "Week ahead, from 1.", N_("Week ahead")),
    day("starts_on", "First day.", N_("From")),
    day("ends_on", "Last day.", N_("To")),
    units("forecast", "Expected, manual values applied.", N_("Forecast")),
    units("statistical", "Expected without manual values.", N_("Statistical")),
    units("low_80", "Lower end of the 80 % band.", N_("80% low")),
    units("high_80", "Upper end of the 80 % band.", N_("80% high")),
    units("low_95", "Lower end of the 95 % band.", N_("95% low")),
    units("high_95", "Upper end of the 95 % band.", N_("95% high")),
    days("days", "Days looked at.", N_("Days"), format="integer", type="BIGINT"),
    units("last", "Sold in as many days up to as-of.", N_("Last 4 weeks")),
    units(
        "year_before",
        "Sold on the same weekdays 52 weeks before; null where the data is younger.",
        N_("Same weeks a year before"),
    ),
    money("revenue", "At the item's net revenue per unit.", N_("Net revenue, 4 weeks")),
    money("margin", "At the item's margin per unit; null where no cost is known.", N_("Margin, 4 weeks")),
    text("region", "The ship-to region; of a location, where it stands.", N_("Region")),
    text("category", "The category.", N_("Category")),
    text("sku", "The item.", N_("Item")),
    text("name", "Its name.", N_("Name")),
    text("abc", "Class by cumulative margin (80/95).", N_("ABC")),
    units("units_91", "Expected in the next 13 weeks.", N_("Next 13 weeks")),
    Column("overridden", "BOOLEAN", "Whether any day has a manual value.", label=N_("Manual value")),
    text("pattern", "How demand comes, by ADI 1.32 and CV2 0.49.", N_("Pattern")),
    text("model", "The model that won the backtest; null where a row adds up several.", N_("Model")),
    Column("daily", "DOUBLE[]", "Expected units by day."),
    Column("statistical_daily", "DOUBLE[]", "The same without manual values."),
    Column("week_low_80", "DOUBLE[]", "Lower end of the 80 % band by week."),
    Column("week_high_80", "DOUBLE[]", "Upper end of the 80 % band by week."),
    Column("week_low_95", "DOUBLE[]", "Lower end of the 95 % band by week."),
    Column("week_high_95", "DOUBLE[]", "Upper end of the 95 % band by week."),
    count("series", "Series with demand that were counted, or that a row adds up.", N_("Series")),
    share("share", "Of all units.", N_("Share")),
    Column("daily_mean", "DOUBLE", "Mean expected demand over the horizon.", unit="units per day"),
    Column("error_sd", "DOUBLE", "Standard deviation of the daily forecast error.", unit="units per day"),
    Column(
        "lead_error_sd",
        "DOUBLE[]",
        "That of the error of the sum over the first 1, 2, ... weeks; null where it was not measured.",
        unit="units",
    ),
    Column("sku_lead_error_sd", "DOUBLE[]", "The same of the item over all regions.", unit="units"),
    units("demand", "Asked for.", N_("Demand")),
    text("id", "Of the manual value."),
    Column(
        "units_per_day",
        "DOUBLE",
        "The manual value.",
        unit="units per day",
        label=N_("Manual, units per day"),
        format="number",
    ),
    Column(
        "statistical_units_per_day",
        "DOUBLE",
        "What the forecast said when it was made.",
        unit="units per day",
        label=N_("Statistical then, units per day"),
        format="number",
    ),
    Column(
        "statistical_now",
        "DOUBLE",
        "Mean of today's forecast.",
        unit="units per day",
        label=N_("Statistical now, units per day"),
        format="number",
    ),
    units("change", "Units over its days, against the forecast of then.", N_("Change, units")),
    money("worth", "The change in margin.", N_("Change in margin")),
    text("author", "Who set or decided it.", N_("By")),
    text("reason", "Why, in their words.", N_("Reason")),
    Column("made_at", "TIMESTAMPTZ", "When, in UTC.", label=N_("Made at")),
)
"""Every column of the feature's frames, once."""


def _of(*names: str) -> tuple[Column, ...]:
    return chosen(COLUMNS, names)


HISTORY = Table(
    "demand_history",
    "one row per day up to as-of",
    "What sold, and what was not there.",
    _of("day", "units", "lost"),
    key=("day",),
)

WEEKS = Table(
    "demand_weeks_ahead",
    "one row per week ahead",
    "What is expected, with its bands.",
    _of("week", "starts_on", "ends_on", "forecast", "statistical", "low_80", "high_80", "low_95", "high_95"),
    key=("week",),
)

DAYS = Table(
    "demand_days_ahead",
    "one row per day ahead",
    "What is expected.",
    _of("day", "forecast", "statistical"),
    key=("day",),
)

TOTALS = Table(
    "demand_totals",
    "one row for the next 28 days and one for the next 91",
    "What is expected in all, beside the past.",
    _of(
        "days",
        "units",
        "statistical",
        "low_80",
        "high_80",
        "low_95",
        "high_95",
        "last",
        "year_before",
        "revenue",
        "margin",
    ),
    key=("days",),
)

SERIES = Table(
    "demand_series",
    "one row per series of the chosen level, by margin",
    "The next 28 days unless named otherwise, and the lists behind the weeks.",
    _of(
        "region",
        "category",
        "sku",
        "name",
        "abc",
        "units",
        "low_80",
        "high_80",
        "last",
        "year_before",
        "revenue",
        "margin",
        "units_91",
        "statistical",
        "overridden",
        "pattern",
        "model",
        "low_95",
        "high_95",
        "daily",
        "statistical_daily",
        "week_low_80",
        "week_high_80",
        "week_low_95",
        "week_high_95",
    ),
    key=("region", "category", "sku"),
)

REGIONS = Table(
    "demand_regions",
    "one row per region, most units first",
    "The next 28 days by region.",
    _of("region", "units", "units_91", "revenue", "margin", "series", "share"),
    key=("region",),
)

PATTERNS = Table(
    "demand_patterns",
    "one row per demand pattern, most units first",
    "The next 28 days by pattern.",
    _of("pattern", "units", "units_91", "revenue", "margin", "series", "share"),
    key=("pattern",),
)

EVENTS = Table(
    "demand_events",
    "one row per event within history or horizon",
    "What lies in the days shown.",
    _of("name", "starts_on", "ends_on"),
)

USED = Table(
    "demand_used",
    "one row per ship-to region and SKU, sorted so",
    "The forecast in use, manual values applied; units by day from the day after as-of.",
    (
        *_of(
            "region",
            "category",
            "sku",
            "pattern",
            "model",
            "daily_mean",
            "error_sd",
            "lead_error_sd",
            "sku_lead_error_sd",
        ),
        replace(
            _of("units")[0], type="DOUBLE[]", label=N_("Next 4 weeks"), format=None, meaning="Expected units by day."
        ),
        *_of("overridden"),
    ),
    key=("region", "sku"),
)

WEEKS_BY_SERIES = Table(
    "demand_weeks",
    "one row per series of the chosen level and week ahead",
    "The file of the forecast.",
    _of(
        "region",
        "category",
        "sku",
        "week",
        "starts_on",
        "ends_on",
        "forecast",
        "statistical",
        "low_80",
        "high_80",
        "low_95",
        "high_95",
        "overridden",
    ),
    key=("region", "category", "sku", "week"),
    optional=("region", "category", "sku"),
)

WEEKS_BEHIND = Table(
    "demand_weeks_behind",
    "one row per week up to as-of",
    "The history by week.",
    _of("starts_on", "ends_on", "units", "lost"),
    key=("starts_on",),
)

OUTLOOK = Table(
    "demand_outlook",
    "one row per week behind and ahead",
    "What the chart draws.",
    _of("starts_on", "ends_on", "demand", "lost", "forecast", "statistical", "low_80", "high_80", "low_95", "high_95"),
    key=("starts_on",),
)

MANUAL = Table(
    "manual_values",
    "one row per manual value in force, the newest first",
    "What somebody set by hand, and what it changes.",
    _of(
        "id",
        "sku",
        "name",
        "region",
        "starts_on",
        "ends_on",
        "units_per_day",
        "statistical_units_per_day",
        "statistical_now",
        "change",
        "worth",
        "author",
        "reason",
        "made_at",
    ),
    key=("id",),
)
