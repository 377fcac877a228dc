"""What the reports of demand become as files; the same rows for page and cron."""

from collections.abc import Mapping, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import labelled
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.measures.supply import LEVEL_NAMES, level_name
from shopkeeper.supply.demand.backtest import Backtest
from shopkeeper.supply.demand.frames import comparisons, forecast
from shopkeeper.supply.demand.frames.comparisons import ACCURACY
from shopkeeper.supply.demand.frames.forecast import MANUAL, PATTERNS, SERIES
from shopkeeper.supply.demand.lost import LostSales
from shopkeeper.supply.demand.parts import series_weeks
from shopkeeper.supply.demand.report import KEYS, Demand, Level
from shopkeeper.supply.demand.said import Said
from shopkeeper.supply.demand.two_sided import TwoSided
from shopkeeper.supply.filters import GoodsFilters

TERMS = ("demand", "forecast_band", "manual_value", "demand_pattern")


def demand(version: Version, demand: Demand) -> Download:
    """One row per series of `options.by` and week ahead, with bands, the statistical and the used value."""
    keys = KEYS[demand.options.by]
    frame = series_weeks(demand.series, demand.as_of, keys)
    title = _("Demand by week: {level}", level=_(LEVEL_NAMES[demand.options.by]))
    return _download(version, "demand", title, frame, demand.filters, (demand.options.by,), TERMS, demand)


def series(version: Version, demand: Demand) -> Download:
    """One row per series of `options.by`: the next weeks, their band and worth, the last weeks and a year before."""
    frame = _filled(demand.series.select(column.name for column in SERIES.labelled()))
    title = _("Next 4 weeks: {level}", level=_(LEVEL_NAMES[demand.options.by]))
    return _download(version, "demand-series", title, frame, demand.filters, (demand.options.by,), TERMS, demand)


def forecast_accuracy(version: Version, backtest: Backtest) -> Download:
    """One row per level: misses, pinball loss, weeks beyond the bands and bias, beside those of simple methods."""
    names = (
        "backtest",
        "simple_methods",
        "rmsse",
        "pinball_loss",
        "below_80",
        "above_80",
        "below_95",
        "above_95",
        "forecast_bias",
        "week_wape",
    )
    title = _("How well demand was forecast")
    return _download(version, "forecast-check", title, backtest.accuracy, backtest.filters, (), names, backtest)


def title_of_worst(backtest: Backtest) -> str:
    """By what items are ranked: margin, or net revenue where none is known."""
    return _("Items by error in margin") if backtest.margined else _("Items by error in net revenue")


def worst(version: Version, backtest: Backtest) -> Download:
    """One row per item (region x item where regions are chosen), the most costly error first."""
    frame, names = _filled(backtest.worst), ("error_cost", "backtest", "seasonal_naive", "forecast_bias")
    return _download(version, "forecast-worst", title_of_worst(backtest), frame, backtest.filters, (), names, backtest)


def said(version: Version, kept: Said) -> Download:
    """One row per earlier forecast: what it said of the weeks that have closed since, and what came."""
    title = _("Said then, and what came")
    return _download(version, "said-then", title, kept.forecasts, kept.filters, (), ("forecast_band",), kept)


def said_weeks(version: Version, kept: Said) -> Download:
    """One row per earlier forecast and closed week, with the band that was told."""
    title = _("Said then, and what came, by week")
    return _download(version, "said-then-weeks", title, kept.weeks, kept.filters, (), ("forecast_band",), kept)


def lost(version: Version, lost_sales: LostSales) -> Download:
    """One row per item (x region or location): days out of stock, lost units and their margin."""
    names = ("units_lost", "margin_lost", "out_day")
    title = _("Stock-outs and lost units")
    return _download(
        version, "lost-units", title, _filled(lost_sales.rows), lost_sales.filters, (lost_sales.by,), names, lost_sales
    )


def two_sided(version: Version, sides: TwoSided, filters: GoodsFilters) -> Download:
    """One row per region: the forecast, and what customers are expected to buy."""
    title = _("Two-sided check, next {days}", days=i18n.days(sides.days))
    return _download(version, "two-sided", title, sides.rows, filters, (f"{sides.days}d",), ("two_sided",), sides)


def manual(version: Version, frame: pl.DataFrame, filters: GoodsFilters) -> Download:
    """One row per manual value in force."""
    return download(
        version,
        "manual-demand",
        _("Manual values"),
        frame,
        MANUAL.labelled(),
        caption=filters.caption(),
        terms=("manual_value",),
    )


def patterns(version: Version, demand: Demand, names: Mapping[str, str]) -> Download:
    """Series and units by demand pattern, called by `names`."""
    frame = demand.patterns.select("pattern", "series", "units", "share", "margin")
    return download(
        version,
        "demand-patterns",
        _("Region x item series by demand pattern"),
        frame.with_columns(pl.col("pattern").replace(names)),
        PATTERNS.labelled(frame.columns),
        caption=demand.filters.caption(),
        terms=("demand_pattern",),
        as_of=demand.as_of,
    )


def accuracy_levels(version: Version, backtest: Backtest, names: Mapping[str, str]) -> Download:
    """The backtest by level, called by `names`."""
    frame = backtest.accuracy.with_columns(pl.col("level").replace(names))
    return download(version, "forecast-levels", _("How well demand was forecast"), frame, ACCURACY.labelled())


def outlook(version: Version, demand: Demand, behind: pl.DataFrame) -> Download:
    """The chart's rows: weeks behind (`starts_on, ends_on, units, lost`) and ahead, one below the other."""
    frame = pl.concat([behind.rename({"units": "demand"}), demand.weeks.drop("week")], how="diagonal")
    return _download(version, "demand-weeks", _("Demand by week"), frame, demand.filters, (), TERMS, demand)


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
    result: Demand | Backtest | LostSales | Said | TwoSided,
) -> Download:
    columns = labelled((*forecast.COLUMNS, *comparisons.COLUMNS), frame.columns)
    return download(
        version,
        report,
        title,
        frame,
        columns,
        caption=filters.caption(),
        words=words,
        terms=terms,
        as_of=result.as_of,
    )
