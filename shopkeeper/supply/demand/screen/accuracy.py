"""How sure the forecast is: its misses beside those of simple methods, its bands, and where errors cost most."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.models.demand.forecasters import AND, LAST_WEEK, SIMPLE, WINDOWS
from shopkeeper.supply.demand import chart as charts
from shopkeeper.supply.demand import said, table
from shopkeeper.supply.demand.backtest import Backtest, report
from shopkeeper.supply.demand.screen.answer import method_name
from shopkeeper.supply.demand.screen.forecast import FIRST_ITEMS
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.ui import tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import load, opened

EVEN = 0.01
"""Share of the miss that two methods may differ by and still be called alike."""
NOMINAL = 0.1
"""Of the weeks beyond each end of an honest 80 % band."""
LEAST_SLACK = 0.03


def draw(filters: GoodsFilters) -> None:
    """Misses at each level beside those of simple methods, what was said before and came, and the costly items."""
    backtest = load(report, filters)
    if backtest.accuracy.is_empty():
        st.info(
            _(
                "Nothing of what is chosen was tested: there is no backtest yet, or its history is too short. The "
                "forecast is shown all the same, but how sure it is, is not known."
            )
        )
        _draw_said(filters)
        return
    version = opened().version
    names = table.levels(*backtest.accuracy["level"].to_list())
    for sentence in (*compared_words(backtest, names), *band_words(backtest.accuracy, names)):
        st.markdown(sentence)
    sheet = table.forecast_accuracy(version, backtest)
    row = backtest.accuracy.row(0, named=True)
    note = _(
        "{cutoffs} cutoffs from {first} to {last}, {days} ahead; n = {n} series at the finest level",
        cutoffs=row["cutoffs"],
        first=i18n.date_(row["first_cutoff"]),
        last=i18n.date_(row["last_cutoff"]),
        days=i18n.days(row["days"]),
        n=i18n.integer(backtest.accuracy["series"].max()),  # type: ignore[arg-type]
    )
    tables.show_chart(
        lambda **_dark: charts.forecast_accuracy(backtest.accuracy, names),
        sheet,
        "accuracy",
        title=_("How far each method missed, week by week"),
        note=note,
    )
    tables.show_table(table.accuracy_levels(version, backtest, names), "accuracy_levels", download=False)
    _draw_said(filters)
    _draw_worst(backtest)


def _draw_said(filters: GoodsFilters) -> None:
    """Earlier forecasts against what came; nothing before a week of one has closed."""
    kept = load(said.report, filters)
    if kept.weeks.is_empty():
        return
    version = opened().version
    st.markdown(f"##### {_('Said then, and what came')}")
    st.markdown(said_words(kept))
    with st.container(horizontal=True, horizontal_alignment="right"):
        tables.download_menu(table.said_weeks(version, kept), "said_weeks")
    tables.show_table(table.said(version, kept), "said", download=False)


def said_words(kept: said.Said) -> str:
    """The newest forecast of which most has closed, and how often bands held."""
    row = kept.forecasts.sort("weeks_closed", "cutoff", descending=True).row(0, named=True)
    weeks = kept.forecasts["weeks_closed"].sum()
    opening = _(
        "On {day} {forecast} units were forecast for the {weeks} weeks that have closed since; {came} came.",
        day=i18n.date_(row["cutoff"]),
        forecast=i18n.integer(row["forecast"]),
        weeks=row["weeks_closed"],
        came=i18n.integer(row["came"]),
    )
    closing = _(
        "Of {n} closed weeks of {forecasts} earlier forecasts {below} lay below the 80% band that was told then and "
        "{above} above it; 1 in 10 each is right. Manual values are left out.",
        n=i18n.integer(weeks),
        forecasts=kept.forecasts.height,
        below=i18n.integer(kept.forecasts["weeks_below"].sum()),
        above=i18n.integer(kept.forecasts["weeks_above"].sum()),
    )
    return f"{opening} {closing}"


def _draw_worst(backtest: Backtest) -> None:
    st.markdown(f"##### {table.title_of_worst(backtest)}")
    total, first = backtest.cost(), backtest.cost(FIRST_ITEMS)
    if total:
        values = {
            "n": i18n.integer(min(FIRST_ITEMS, backtest.worst.height)),
            "share": i18n.percent(first / total, 0),
            "worth": money(first),
        }
        what = (
            _(
                "Check the first {n}: they hold {share} of the error, **{worth}** of margin in the backtest. Where the "
                "forecast errs one way (bias), set a manual value until it has learned.",
                **values,
            )
            if backtest.margined
            else _(
                "Check the first {n}: they hold {share} of the error, **{worth}** of net revenue in the backtest. "
                "Where the forecast errs one way (bias), set a manual value until it has learned.",
                **values,
            )
        )
        with do_next(what):
            pass
    tables.show_table(table.worst(opened().version, backtest), "worst", first=200)


def compared_words(backtest: Backtest, names: Mapping[str, str]) -> list[str]:
    """Where the forecast missed less than simple methods, where it did not, and which methods are used."""
    rows = backtest.accuracy.drop_nulls("gain").select("level", "gain", "best_simple").rows()
    better = [f"{names[level]} ({i18n.percent(gain, 0)})" for level, gain, _best in rows if gain > EVEN]
    alike = [names[level] for level, gain, _best in rows if abs(gain) <= EVEN]
    worse = [
        _("{level} ({method}, by {share})", level=names[level], method=method_name(best), share=i18n.percent(-gain, 0))
        for level, gain, best in rows
        if gain < -EVEN
    ]
    sentences = []
    if better:
        sentences.append(_("The forecast missed less than every simple method at: {levels}.", levels=", ".join(better)))
    if alike:
        sentences.append(_("It missed as much as the best simple method at: {levels}.", levels=", ".join(alike)))
    if worse:
        sentences.append(
            _("**A simple method would have missed less** at: {levels}. Lean on that there.", levels=", ".join(worse))
        )
    categories = backtest.at("category")
    return [*sentences, *used_words(categories["model"] if categories else None)]


def used_words(model: str | None) -> list[str]:
    """Which method makes the totals of categories, to which all else adds up."""
    if model is None:
        return []
    if model in SIMPLE:
        name = method_name("naive" if model == LAST_WEEK else "average")
        return [
            _(
                "The totals of categories are forecast by a simple method, {method}, with weekdays, seasons and events "
                "put back: nothing more elaborate served this shop better.",
                method=name,
            )
        ]
    if AND not in model:
        return []
    return [
        _(
            "The totals of categories are the mean of the {n} methods that missed least: {methods}.",
            n=len(model.split(AND)),
            methods=", ".join(_model_name(part) for part in model.split(AND)),
        )
    ]


def _model_name(model: str) -> str:
    """A model in the language in use; those of the literature keep the names that it gave them."""
    if model == LAST_WEEK:
        return method_name("naive")
    return _("the mean of {n} days", n=WINDOWS[model]) if model in WINDOWS else model


def band_words(accuracy: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Levels where more weeks, or far fewer, came out beyond an end of the 80 % band than should."""
    slack = pl.max_horizontal(2 * (NOMINAL * (1 - NOMINAL) / pl.col("weeks")).sqrt(), LEAST_SLACK)
    rows = accuracy.drop_nulls(["below_80", "above_80"])

    def where(condition: pl.Expr, share: pl.Expr) -> str:
        levels = rows.filter(condition).select("level", share).rows()
        return ", ".join(f"{names[level]} ({i18n.percent(value, 0)})" for level, value in levels)

    below, above = pl.col("below_80"), pl.col("above_80")
    # Where most weeks are without demand the band begins at nothing, and no week can lie below it.
    wide = pl.col("week_wape").is_not_null() & (below + above < NOMINAL)
    sentences = []
    if levels := where(above > NOMINAL + slack, above):
        sentences.append(
            _(
                "Above the 80% band came out more weeks than the 10% that are right, at: {levels}. Plan with the 95% "
                "band there.",
                levels=levels,
            )
        )
    if levels := where(below > NOMINAL + slack, below):
        sentences.append(
            _(
                "Below the 80% band came out more weeks than the 10% that are right, at: {levels}. Expect to be left "
                "with goods there.",
                levels=levels,
            )
        )
    if levels := where(wide, below + above):
        sentences.append(
            _("Beyond the 80% band came out fewer weeks than the 20% that are right, at: {levels}.", levels=levels)
        )
    return sentences
