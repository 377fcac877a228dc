"""The customers behind a cell of the retention table: picking one, and listing them."""

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.chart.titles import unit
from shopkeeper.customers.retention.report import Retention, View
from shopkeeper.customers.retention.table import customers
from shopkeeper.i18n import gettext as _
from shopkeeper.ui import session, tables
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.picking import UNSEEN, clicked, pick


def draw_customers(report: Retention) -> None:
    """The people behind a cell, or those missing from it."""
    closed = report.cells.filter("mature")
    cohorts = closed["cohort"].unique().sort(descending=True).to_list()
    if not cohorts:
        return
    st.markdown(f"##### {_('Customers behind a cell')}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {cohort: i18n.period_label(report.view.period, cohort) for cohort in cohorts}
        cohort = pick(_("Cohort"), "cohort", names)
        ages = closed.filter(pl.col("cohort") == cohort)["age"].to_list() if cohort else []
        age = pick(_("Age (k)"), "age", {age: str(age) for age in ages})
        session.keep(UNSEEN, False)
        side = session.choose(
            _("Customers"), {"in": _("In the cell"), "absent": _("Missing from it")}, "side", "in", hidden=True
        )
    if cohort is None or age is None:
        st.caption(_("Click a cell of the heat map, or choose a cohort and an age."))
        return
    absent = side == "absent"
    listed = load(retention.customers, report.filters, report.view, cohort, age, absent=absent)
    cell = closed.filter(pl.col("cohort") == cohort, pl.col("age") == age).row(0, named=True)
    st.markdown(cell_sentence(report.view, names[cohort], age, cell, listed.height, absent=absent))
    sheet = customers(opened().version, report.filters, report.view, listed, report.as_of, (cohort, age), absent=absent)
    tables.show_table(sheet, "customers")


def picked() -> tuple[date, int] | None:
    """The cell to look into: from a click on the heat map since the last run, the link, or the boxes below it."""
    state = st.session_state
    for key, read in (("cohort", date.fromisoformat), ("age", int)):
        if (link_values := session.linked(key)) is not None:
            try:
                session.keep(key, read(link_values[-1]))
                session.keep(UNSEEN, True)
            except ValueError:
                session.notice(_("The link names “{value}”, which is no cell of this table.", value=link_values[-1]))
    cell = clicked(["heatmap"])
    if cell and cell[0]:
        session.keep("cohort", date.fromisoformat(cell[0]))
        session.keep("age", int(cell[1]))
    cohort, age = state.get("cohort"), state.get("age")
    return None if cohort is None or age is None else (cohort, age)


def cell_sentence(view: View, cohort: str, age: int, cell: dict[str, Any], count: int, *, absent: bool) -> str:
    """How many people the list below holds, of how many."""
    values = {
        "count": i18n.integer(count),
        "n": i18n.integer(cell["n"]),
        "cohort": cohort,
        "unit": unit(view),
        "age": age,
    }
    if absent:
        return _(
            "**{count}** of {n} observed customers of the cohort {cohort} are missing from {unit} {age}.", **values
        )
    return _("**{count}** of {n} observed customers of the cohort {cohort} are in {unit} {age}.", **values)
