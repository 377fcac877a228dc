"""The clock to the second order on the Churn risk page."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import Filters
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.customers.second_order.chart import CURVES_DRAWN, FEWEST_AT_RISK, second_order_curves
from shopkeeper.customers.second_order.report import CLOCK_DAYS, SecondOrder
from shopkeeper.exports import ExportColumn
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session, tables
from shopkeeper.ui.opened import load


def draw(filters: Filters) -> None:
    """How fast customers return once, by where they were won."""
    whole = load(second_order.report, filters, "all")
    if whole.medians.is_empty():
        tables.say_empty()
        return
    draw_answer(whole)
    kinds = {"channel": _("First channel"), "category": _("First category"), "all": _("All customers")}
    by = session.choose(_("By"), kinds, "clock_by", "channel")
    found = load(second_order.report, filters, by)  # type: ignore[arg-type]
    names = {"(none)": _("(none)"), "all": _("All customers")}
    tables.show_chart(
        lambda **_dark: second_order_curves(found, names),
        curves_download(found, filters),
        "clock",
        title=_("Share that came back, by days since the first purchase"),
        note=legend(found),
    )
    st.markdown(f"##### {_('Who is still waited for')}")
    tables.show_table(table_download(found, filters), "clock_segments")


def draw_answer(whole: SecondOrder) -> None:
    """When half are back, in one sentence and a figure for each of a few days."""
    segment = whole.medians.row(0, named=True)
    reached = whole.clock.filter(pl.col("at_risk").is_not_null())
    half = segment["median_days"]
    if half is None:
        last = whole.curves.row(-1, named=True)
        told = _(
            "Fewer than half of the customers come back: {share} have by day {day} after their first purchase.",
            share=i18n.percent(last["returned"], 0),
            day=i18n.integer(last["duration"]),
        )
    else:
        told = _(
            "Half of the customers are back by day {day} after their first purchase; a reminder belongs before it.",
            day=i18n.integer(half),
        )
    st.markdown(f"#### {told}")
    with st.container(horizontal=True, gap="small"):
        for row in reached.iter_rows(named=True):
            st.metric(
                _("Back by day {day}", day=i18n.integer(row["day"])),
                i18n.percent(row["returned"]),
                border=True,
                help=_(
                    "95% interval {low} to {high}; {n} customers have been observed so long without a second purchase.",
                    low=i18n.percent(row["back_low"]),
                    high=i18n.percent(row["back_high"]),
                    n=i18n.integer(row["at_risk"]),
                ),
            )


def legend(found: SecondOrder) -> str:
    """How to read the curves."""
    parts = [
        _("Kaplan–Meier: who has not come back yet counts for as long as observed"),
        _("bands are 95% intervals"),
        _("a curve ends where fewer than {n} customers are still waited for", n=FEWEST_AT_RISK),
    ]
    if found.medians.height > CURVES_DRAWN:
        parts.append(_("only the {n} largest are drawn; table and files have all", n=CURVES_DRAWN))
    return " · ".join(parts)


def curves_download(found: SecondOrder, filters: Filters) -> Download:
    """Every step of every curve."""
    columns = (
        ExportColumn("segment", _("Segment")),
        ExportColumn("duration", _("Days since the first purchase"), "integer"),
        ExportColumn("at_risk", _("Still observed"), "integer"),
        ExportColumn("events", _("Came back that day"), "integer"),
        ExportColumn("censored", _("Last observed that day"), "integer"),
        ExportColumn("returned", _("Came back"), "percent"),
        ExportColumn("survival", _("Not yet back"), "percent"),
        ExportColumn("low", _("Not yet back, lower bound (95%)"), "percent"),
        ExportColumn("high", _("Not yet back, upper bound (95%)"), "percent"),
    )
    return tables.download_of(
        "second-order",
        _("Days to the second purchase"),
        found.curves,
        columns,
        chosen=filters.caption(),
        words=(found.by,),
        terms=("purchase",),
        as_of=found.as_of,
    )


def table_download(found: SecondOrder, filters: Filters) -> Download:
    """Segments with the share that is back, and how many are still waited for, on a few days."""
    frame, columns = (
        found.medians,
        [
            ExportColumn("segment", _("Segment")),
            ExportColumn("customers", _("Customers"), "integer"),
            ExportColumn("returned", _("Came back so far"), "integer"),
            ExportColumn("median_days", _("Half are back by day"), "integer"),
        ],
    )
    for place, day in enumerate(CLOCK_DAYS):
        part = found.clock.filter(pl.col("day") == day, pl.col("at_risk").is_not_null())
        back, waited = f"returned_{day}", f"at_risk_{day}"
        named = part.select("segment", pl.col("returned").alias(back), pl.col("at_risk").alias(waited))
        frame = frame.join(named, on="segment", how="left", maintain_order="left")
        columns.insert(-place or len(columns), ExportColumn(back, _("Back by day {day}", day=day), "percent"))
        columns.append(ExportColumn(waited, _("Waited for on day {day}", day=day), "integer"))
    return tables.download_of(
        "second-order-segments",
        _("Days to the second purchase"),
        frame,
        columns,
        chosen=filters.caption(),
        words=(found.by,),
        terms=("purchase",),
        as_of=found.as_of,
    )
