"""The Churn risk page's part on life stages: rules, counts over time, moves and the customers behind a cell."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import seen_until
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.lifecycle import table
from shopkeeper.customers.lifecycle.chart import moves_matrix, stage_areas
from shopkeeper.customers.lifecycle.report import NOT_YET, NOT_YET_LABEL, STAGE_TEXTS, Lifecycle, bounds_in_words
from shopkeeper.customers.screen.model import say_nobody
from shopkeeper.i18n import gettext as _
from shopkeeper.models.buying.stages import StageRules
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.picking import UNSEEN, clicked, pick

LOWEST = {"active_days": 1, "lost_days": 2, "loyal_purchases": 3}
"""The least that a bound can be."""
MOST = 3650
SINCE, THEN, NOW = "moves_since", "stage_then", "stage_now"


def stage_names() -> dict[str, str]:
    """Stages in the order of a customer's life."""
    return {name: _(words[0]) for name, words in STAGE_TEXTS.items()}


def rules_in_use() -> StageRules:
    """The stages' bounds as the link or the viewer set them, on whichever part of the page."""
    usual = StageRules()
    for name, lowest in LOWEST.items():
        if (link_values := session.linked(name)) is not None:
            if link_values[-1].isdecimal() and lowest <= int(link_values[-1]) <= MOST:
                session.keep(name, int(link_values[-1]))
            else:
                session.notice(
                    _(
                        "The link asks for “{label}” {value}; choose {lowest} to {most}.",
                        label=_(table.BOUNDS[name]),
                        value=link_values[-1],
                        lowest=lowest,
                        most=MOST,
                    )
                )
        held = st.session_state.get(name)
        session.keep(name, getattr(usual, name) if held is None else held)
    held = {name: int(st.session_state[name]) for name in LOWEST}
    if held["active_days"] >= held["lost_days"]:
        session.notice(_("A customer must be lost after more days than active; the usual rules hold for now."))
        held = vars(usual)
    for name in LOWEST:
        session.remember(name, [] if held[name] == getattr(usual, name) else [str(held[name])])
    return StageRules(**held)


def draw(filters: CustomerFilters) -> None:
    """Everything about stages."""
    rules = rules_in_use()
    above = st.container()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        since = choose_since(filters)
        shown = session.choose(_("Show"), measure_names(), "stage_measure", "customers")
        with st.popover(_("Rules"), icon=":material/rule:"):
            explained = st.container()
            for name, lowest in LOWEST.items():
                st.number_input(_(table.BOUNDS[name]), lowest, MOST, step=1, key=name, on_change=session.forget_notices)
    report = load(lifecycle.report, filters, rules, since)
    if report.stages.is_empty():
        say_nobody()
        return
    with explained:
        draw_rules(report)
    with above:
        draw_answer(report)
    draw_stages(report, shown if report.stages[shown].null_count() == 0 else "revenue")
    draw_moves(report)


def measure_names() -> dict[str, str]:
    """What of a stage is drawn."""
    return {"customers": _("Customers"), "revenue": _("Net revenue"), "margin": _("Margin")}


def choose_since(filters: CustomerFilters) -> date | None:
    """The day from which moves are counted; nothing to choose in a shop of one day."""
    first, as_of = opened().version.first_day, seen_until(opened().query, filters)
    latest, usual = as_of - timedelta(days=1), max(first, as_of - timedelta(days=90))
    if (link_values := session.linked(SINCE)) is not None:
        try:
            session.keep(SINCE, date.fromisoformat(link_values[-1]))
        except ValueError:
            session.notice(_("The link counts moves since “{value}”, which is no day.", value=link_values[-1]))
    if latest < first:
        return None
    held = st.session_state.get(SINCE)
    fits = isinstance(held, date) and first <= held <= latest
    session.keep(SINCE, held if fits else usual)
    since: date = st.date_input(
        _("Moves since"),
        min_value=first,
        max_value=latest,
        key=SINCE,
        format="YYYY-MM-DD",
        width=160,
        on_change=session.forget_notices,
    )
    session.remember(SINCE, [] if since == usual else [since.isoformat()])
    return since


def draw_rules(report: Lifecycle) -> None:
    """Each stage in a sentence, and how often the bounds were too early."""
    for label, rule in STAGE_TEXTS.values():
        st.markdown(f"**{_(label)}** — {_(rule, **bounds_in_words(report.rules))}")
    if report.called_early and days_seen(report) > report.rules.lost_days:
        risky, lost = report.called_early
        st.caption(
            _(
                "Of {n} returns so far, {late} came after more than {active} days of silence and {later} after more "
                "than {lost}: so many were called at risk or lost too early.",
                n=i18n.integer(report.returns),
                late=i18n.percent(risky) if report.returns >= i18n.FEW else i18n.integer(report.after_active),
                later=i18n.percent(lost) if report.returns >= i18n.FEW else i18n.integer(report.after_lost),
                active=report.rules.active_days,
                lost=report.rules.lost_days,
            )
        )


def days_seen(report: Lifecycle) -> int:
    """How many days the data cover up to the day that is looked at."""
    return (report.as_of - opened().version.first_day).days + 1


def answer_of(report: Lifecycle) -> str:
    """How many moved; what the data are too young for is not counted."""
    seen, rules = days_seen(report), report.rules
    values = {"day": i18n.date_(report.since), "slipped": i18n.integer(report.slipped)}
    if seen <= rules.active_days:
        return _(
            "The data cover {days}; nobody is at risk before {active} without a purchase, so nobody can be yet.",
            days=i18n.days(seen),
            active=i18n.days(rules.active_days),
        )
    if seen <= rules.lost_days:
        return _("Since {day}, {slipped} customers who bought lately have gone quiet.", **values)
    return _(
        "Since {day}, {slipped} customers who bought lately have gone quiet, and {back} who were lost came back.",
        **values,
        back=i18n.integer(report.came_back),
    )


def draw_answer(report: Lifecycle) -> None:
    """How many are here, slipping and gone, and a figure for each stage."""
    st.markdown(f"#### {answer_of(report)}")
    with st.container(horizontal=True, gap="small"):
        for name, (label, rule) in STAGE_TEXTS.items():
            count = i18n.integer(report.counts.get(name, 0))
            st.metric(_(label), count, border=True, help=_(rule, **bounds_in_words(report.rules)))


def draw_stages(report: Lifecycle, shown: str) -> None:
    """Stages over time."""
    names, currency = stage_names(), shop_currency()
    label = measure_names()[shown]
    unit = label if shown == "customers" else f"{label} ({currency})"
    title = _("Customers by stage") if shown == "customers" else _("What customers had brought, by stage")
    note = "" if shown == "customers" else _("all that the customers of a stage had brought by that day")
    sheet = table.stages(opened().version, report, title, shown, names)
    tables.show_chart(lambda **_dark: stage_areas(report.stages, names, shown, unit), sheet, "stages", note=note)


def draw_moves(report: Lifecycle) -> None:
    """The matrix, and the customers of a cell."""
    names = {NOT_YET: _(NOT_YET_LABEL), **stage_names()}
    then, now = report.moves["from_stage"].unique(), set(report.moves["to_stage"])
    read_pick()
    state = st.session_state
    sheet = table.moves(opened().version, report, names)
    picked = (str(state.get(THEN)), str(state.get(NOW)))

    def draw(*, dark: bool = False) -> Any:
        return moves_matrix(report.moves, names, picked=picked, dark=dark)

    tables.show_chart(
        draw,
        sheet,
        "moves",
        select=True,
        note=_("shade: share of the row · click a cell to see its customers"),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        every = {"any": _("Any stage")}
        row = pick(_("Stage then"), THEN, every | {name: names[name] for name in names if name in set(then)})
        column = pick(_("Stage now"), NOW, every | {name: names[name] for name in names if name in now})
    if row is None or column is None:
        st.caption(_("Click a cell of the matrix, or choose a stage then and a stage now."))
        return
    draw_cell(report, row, column, every | names)


def read_pick() -> None:
    """The cell to look into: of the link, or of a click since the last run."""
    for key in (THEN, NOW):
        if (link_values := session.linked(key)) is not None:
            session.keep(UNSEEN, True)
            session.keep(key, link_values[-1])
    if cell := clicked(["moves"]):
        session.keep(THEN, cell[0])
        session.keep(NOW, cell[1])


def draw_cell(report: Lifecycle, row: str, column: str, names: dict[str, str]) -> None:
    """The customers who were in one stage and are in another."""
    session.keep(UNSEEN, False)
    listed = load(lifecycle.customers, report.filters, report.rules, report.since, row, column)
    sentence = i18n.ngettext(
        "**{n}** customer: {then} on {since}, {now} on {until}.",
        "**{n}** customers: {then} on {since}, {now} on {until}.",
        listed.height,
        then=names[row],
        now=names[column],
        since=i18n.date_(report.since),
        until=i18n.date_(report.as_of),
    )
    st.markdown(sentence)
    sheet = table.cell(opened().version, report, listed, (row, column), names)
    with st.container(horizontal=True, horizontal_alignment="right"):
        tables.download_menu(sheet, "movers")
    words = [pl.col("from_stage", "to_stage").replace(names)]
    tables.show_table(sheet, "movers", download=False, first=500, words=words)
