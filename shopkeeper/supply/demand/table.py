"""What the reports of demand become as files; the same rows for page and cron."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports import Column
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import label
from shopkeeper.measures.supply import LEVEL_NAMES, level_name
from shopkeeper.supply.demand.backtest import Checks
from shopkeeper.supply.demand.lost import LostSales
from shopkeeper.supply.demand.parts import SERIES_COLUMNS, series_weeks
from shopkeeper.supply.demand.report import KEYS, Demand, Level
from shopkeeper.supply.demand.two_sided import TwoSided
from shopkeeper.supply.filters import GoodsFilters

FIELDS: Mapping[str, tuple[str, Any]] = {
    "level": (N_("Level"), None),
    "region": (N_("Region"), None),
    "category": (N_("Category"), None),
    "sku": (N_("Item"), None),
    "name": (N_("Name"), None),
    "abc": (N_("ABC"), None),
    "location": (N_("Location"), None),
    "week": (N_("Week ahead"), "integer"),
    "starts_on": (N_("From"), None),
    "ends_on": (N_("To"), None),
    "forecast": (N_("Forecast"), "number"),
    "statistical": (N_("Statistical"), "number"),
    "low_80": (N_("80% low"), "number"),
    "high_80": (N_("80% high"), "number"),
    "low_95": (N_("95% low"), "number"),
    "high_95": (N_("95% high"), "number"),
    "overridden": (N_("Manual value"), None),
    "pattern": (N_("Pattern"), None),
    "model": (N_("Model"), None),
    "units": (N_("Next 4 weeks"), "number"),
    "units_91": (N_("Next 13 weeks"), "number"),
    "last": (N_("Last 4 weeks"), "number"),
    "year_before": (N_("Same weeks a year before"), "number"),
    "revenue": (N_("Net revenue, 4 weeks"), "money"),
    "margin": (N_("Margin, 4 weeks"), "money"),
    "share": (N_("Share"), "percent"),
    "series": (N_("Series"), "integer"),
    "origins": (N_("Origins"), "integer"),
    "days": (N_("Days"), "integer"),
    "demand": (N_("Demand"), "number"),
    "gain": (N_("Better than naive by"), "percent"),
    "naive_wape": (N_("Naive WAPE by day"), "percent"),
    "naive_week_wape": (N_("Naive WAPE by week"), "percent"),
    "naive_mase": (N_("Naive MASE"), "number"),
    "bias": (N_("Forecast bias"), "percent"),
    "weeks": (N_("Weeks tested"), "integer"),
    "first_origin": (N_("First origin"), None),
    "last_origin": (N_("Last origin"), None),
    "error": (N_("Forecast less demand"), "number"),
    "absolute_error": (N_("Error, units"), "number"),
    "naive_absolute_error": (N_("Naive error, units"), "number"),
    "cost": (N_("Error in margin"), "money"),
    "out_days": (N_("Days out of stock"), "integer"),
    "locations": (N_("Locations"), "integer"),
    "last_day": (N_("Last day out"), None),
    "baseline": (N_("Baseline, units"), "number"),
    "sold": (N_("Sold, units"), "number"),
    "lost": (N_("Lost units"), "number"),
    "lost_revenue": (N_("Lost net revenue"), "money"),
    "lost_margin": (N_("Lost margin"), "money"),
    "known_customers": (N_("Known customers"), "number"),
    "new_customers": (N_("New customers"), "number"),
    "unidentified": (N_("Without identity"), "number"),
    "rest": (N_("Rest"), "number"),
    "rest_share": (N_("Rest, share"), "percent"),
    "purchases": (N_("Expected purchases"), "number"),
    "new_purchases": (N_("Purchases of new customers"), "number"),
    "units_per_purchase": (N_("Units per purchase"), "number"),
    "unidentified_share": (N_("Share without identity"), "percent"),
    "day": (N_("Day"), None),
    "units_per_day": (N_("Manual, units per day"), "number"),
    "statistical_units_per_day": (N_("Statistical then, units per day"), "number"),
    "statistical_now": (N_("Statistical now, units per day"), "number"),
    "change": (N_("Change, units"), "number"),
    "worth": (N_("Change in margin"), "money"),
    "author": (N_("By"), None),
    "reason": (N_("Reason"), None),
    "made_at": (N_("Made at"), None),
}
"""By column: what it is called, and how its numbers are read."""
MEASURED = ("week_wape", "wape", "mase", "hit_80", "hit_95")
TERMS = ("asked_for", "forecast_band", "manual_value", "demand_pattern")


def columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    """What the columns are called, and how numbers are read; those of no word keep their machine name."""
    found = []
    for name in frame.columns:
        if name in MEASURED:
            found.append(Column(name, label(name), "number" if name == "mase" else "percent"))
        elif name in FIELDS:
            text, form = FIELDS[name]
            found.append(Column(name, _(text), form))
    return tuple(found)


def demand(version: Version, found: Demand) -> Download:
    """One row per series of `options.by` and week ahead, with bands, the statistical and the used value."""
    keys = KEYS[found.options.by]
    frame = series_weeks(found.series, found.as_of, keys)
    title = _("Demand by week: {level}", level=_(LEVEL_NAMES[found.options.by]))
    return _download(version, "demand", title, frame, found.filters, (found.options.by,), TERMS, found)


def series(version: Version, found: Demand) -> Download:
    """One row per series of `options.by`: the next weeks, their band and worth, the last weeks and a year before."""
    frame = _filled(found.series.select(name for name in SERIES_COLUMNS if name in found.series.columns))
    title = _("Next 4 weeks: {level}", level=_(LEVEL_NAMES[found.options.by]))
    return _download(version, "demand-series", title, frame, found.filters, (found.options.by,), TERMS, found)


def forecast_check(version: Version, found: Checks) -> Download:
    """One row per level: error, bias, MASE and hit rates of the backtest, beside the seasonal naive."""
    names = ("backtest", "seasonal_naive", "week_wape", "wape", "forecast_bias", "mase", "hit_80", "hit_95")
    title = _("How well demand was forecast")
    return _download(version, "forecast-check", title, found.accuracy, found.filters, (), names, found)


def worst(version: Version, found: Checks) -> Download:
    """One row per item (region x item where regions are chosen), the most costly error first."""
    frame, names = _filled(found.worst), ("error_cost", "backtest", "seasonal_naive", "forecast_bias")
    return _download(version, "forecast-worst", _("Items by error in margin"), frame, found.filters, (), names, found)


def lost(version: Version, found: LostSales) -> Download:
    """One row per item (x region or location): days out of stock, lost units and their margin."""
    names = ("units_lost", "margin_lost", "out_day")
    title = _("Stock-outs and lost units")
    return _download(version, "lost-units", title, _filled(found.rows), found.filters, (found.by,), names, found)


def two_sided(version: Version, found: TwoSided, filters: GoodsFilters) -> Download:
    """One row per region: the forecast, and what customers are expected to buy."""
    title = _("Two-sided check, next {days}", days=i18n.days(found.days))
    return _download(version, "two-sided", title, found.rows, filters, (f"{found.days}d",), ("two_sided",), found)


def manual(version: Version, frame: pl.DataFrame, filters: GoodsFilters) -> Download:
    """One row per manual value in force."""
    told = about(version, _("Manual values"), frame.height, filters.caption(), ("manual_value",), version.as_of)
    return Download("manual-demand", (), frame, told, columns(frame))


def outlook(version: Version, found: Demand, behind: pl.DataFrame) -> Download:
    """The chart's rows: weeks behind (`starts_on, ends_on, units, lost`) and ahead, one below the other."""
    frame = pl.concat([behind.rename({"units": "demand"}), found.weeks.drop("week")], how="diagonal")
    return _download(version, "demand-weeks", _("Demand by week"), frame, found.filters, (), TERMS, found)


def levels(*names: Level) -> dict[str, str]:
    """Levels to choose from, in the language in use."""
    return {name: level_name(name) for name in names}


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    """Without columns that hold nothing."""
    kept = [name for name in frame.columns if frame[name].null_count() < frame.height]
    return frame.select(kept) if frame.height else frame


def _download(
    version: Version,
    report: str,
    title: str,
    frame: pl.DataFrame,
    filters: GoodsFilters,
    words: Sequence[str],
    terms: Sequence[str],
    found: Demand | Checks | LostSales | TwoSided,
) -> Download:
    told = about(version, title, frame.height, filters.caption(), terms, found.as_of)
    return Download(report, tuple(words), frame, told, columns(frame))
