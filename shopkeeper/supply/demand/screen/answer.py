"""The Demand page's first sentences: what will be asked for, where, what it is worth, and how sure that is."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.supply import level_name
from shopkeeper.supply.demand.backtest import Backtest
from shopkeeper.supply.demand.backtest import report as backtest_report
from shopkeeper.supply.demand.parts import MONTH
from shopkeeper.supply.demand.report import Demand
from shopkeeper.supply.screen.run_notes import draw_doubts, draw_shortcomings
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import load, opened

NAMED_REGIONS = 3


def draw_answer(demand: Demand) -> None:
    """What will be asked for in the next 4 weeks, where, how sure, and what it is worth."""
    if opened().forecast is None:
        say_no_forecast()
        return
    if demand.totals.is_empty() or not demand.totals["units"][0]:
        st.info(_("No demand is expected of what is chosen here: nothing of it sold lately. Widen the filters."))
        return
    st.markdown(f"#### {answer(demand)}")
    draw_doubts()
    backtest = load(backtest_report, demand.filters)
    if sure := how_sure(backtest):
        st.markdown(sure)
    for note in demand.notes:
        st.caption(str(note))
    draw_shortcomings()


def say_no_forecast() -> None:
    """What is missing, what works all the same, and what to do."""
    st.info(
        _(
            "No forecast has been made of this data yet, so what will be asked for is not known, nor what was lost. "
            "What sold is in the chart. Run {command}, then load the page again.",
            command="`python -m shopkeeper forecast`",
        )
    )


def answer(demand: Demand) -> str:
    """The first sentences of the page."""
    row = demand.totals.row(0, named=True)
    worth = _("{revenue} of net revenue", revenue=money(row["revenue"]))
    if row["margin"] is not None:
        worth = _(
            "{revenue} of net revenue and {margin} of margin",
            revenue=money(row["revenue"]),
            margin=money(row["margin"]),
        )
    if demand.mixed:
        led_by_money = _("In the next 4 weeks about {worth} will be asked for.", worth=worth)
        return " ".join(part for part in (led_by_money, where(demand), *events_ahead(demand)) if part)
    sentences = [
        _(
            "In the next 4 weeks about {units} units will be asked for, worth {worth}; 80 times of 100 between {low} "
            "and {high}.",
            units=i18n.integer(row["units"]),
            worth=worth,
            low=i18n.integer(row["low_80"]),
            high=i18n.integer(row["high_80"]),
        ),
        where(demand),
        compared(row),
        *events_ahead(demand),
    ]
    return " ".join(part for part in sentences if part)


def where(demand: Demand) -> str:
    """The regions that ask for most."""
    first = demand.regions.head(NAMED_REGIONS)
    if demand.regions.height <= 1:
        return ""
    regions = ", ".join(
        f"{region} ({i18n.percent(share, 0)})" for region, share in first.select("region", "share").rows()
    )
    return _("Most in {regions}.", regions=regions)


def compared(row: Mapping[str, Any]) -> str:
    """Against the last 4 weeks and, where the data reaches so far, the same weeks a year before."""
    if not row["last"]:
        return ""
    now = i18n.percent(abs(row["units"] / row["last"] - 1), 0)
    more = row["units"] >= row["last"]
    if not row["year_before"]:
        return (
            _("{share} more than in the last 4.", share=now)
            if more
            else _("{share} less than in the last 4.", share=now)
        )
    year = i18n.change(row["units"] / row["year_before"] - 1, 0)
    return (
        _("{share} more than in the last 4, {year} against the same weeks a year before.", share=now, year=year)
        if more
        else _("{share} less than in the last 4, {year} against the same weeks a year before.", share=now, year=year)
    )


def events_ahead(demand: Demand) -> list[str]:
    """Events that lie in the next 4 weeks."""
    days = (pl.col("ends_on") - pl.lit(demand.as_of)).dt.total_days()
    start = (pl.col("starts_on") - pl.lit(demand.as_of)).dt.total_days()
    ahead = demand.events.filter(days >= 1, start <= MONTH)
    return [
        _("{event} ({first} to {last}) lies in them.", event=name, first=i18n.date_(first), last=i18n.date_(last))
        for name, first, last in ahead.iter_rows()
    ]


def how_sure(backtest: Backtest) -> str:
    """What the backtest says, at the level where goods are planned."""
    row = backtest.at("region_category") or backtest.at("region_sku")
    if row is None or row["gain"] is None or row["above_80"] is None:
        return ""
    gain = row["gain"]
    values = {
        "share": i18n.percent(abs(gain), 0),
        "method": method_name(row["best_simple"]),
        "below": i18n.percent(row["below_80"], 0),
        "above": i18n.percent(row["above_80"], 0),
        "weeks": i18n.integer(row["weeks"]),
        "level": level_name(str(row["level"])).lower(),
    }
    bands = _(
        "Of {weeks} weeks {below} came out below the 80% band and {above} above it (10% each is right).", **values
    )
    if gain >= 0:
        missed = _(
            "**How sure:** in the backtest, week by week and {level}, the forecast missed {share} less than the best "
            "simple method ({method}).",
            **values,
        )
    else:
        missed = _(
            "**How sure:** in the backtest, week by week and {level}, a simple method ({method}) would have missed "
            "less: the forecast missed {share} more.",
            **values,
        )
    return f"{missed} {bands}"


def method_name(method: str) -> str:
    """A simple method in the language in use."""
    return {"naive": _("the last week repeated"), "average": _("the mean of 8 weeks"), "zero": _("nothing at all")}[
        method
    ]
