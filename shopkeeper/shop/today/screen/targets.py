"""Targets: whether the month and the year will reach them, and setting them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.targets import FIGURES, Target, TargetFigure, TargetPeriod
from shopkeeper.shop.today import table, targets, words
from shopkeeper.shop.today.targets import Plan
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.state import AUTHOR, held, signed_in

YEAR, SAVED = "targets_year", "_targets_saved"
TILE = 220
Rows = tuple[tuple[TargetPeriod, date], ...]


def load_plan() -> tuple[tuple[Target, ...], Plan]:
    """The targets in force and what came of them; where they cannot be read, none, and a sentence says so."""
    try:
        in_force = state.targets(held())
    except Refused as refusal:
        session.notice(str(refusal))
        in_force = ()
    return in_force, load(targets.report, in_force)


def draw_targets(in_force: tuple[Target, ...], plan: Plan) -> None:
    """A tile a target, the table behind them, and the form."""
    st.markdown(f"##### {_('Targets')}")
    if plan.rows.is_empty():
        st.info(
            _("No target is set for this month or year. Set one below: then you see here whether you will reach it.")
        )
    else:
        _draw_tiles(plan)
        with st.expander(_("Plan, so far, run rate and gap")):
            tables.show_table(table.targets(opened().version, plan), "today_targets")
    with st.expander(_("Set targets"), expanded=SAVED in st.session_state):
        _draw_form(in_force, plan.as_of)


def _draw_tiles(plan: Plan) -> None:
    currency = shop_currency()
    with st.container(horizontal=True, gap="xsmall"):
        for row in plan.rows.to_dicts():
            period = words.period_of(row["period"], row["starts_on"])
            label = _("{figure}, {period}", figure=words.figure_label(row["figure"]), period=period)
            rate, gap = row["run_rate"], row["gap_share"]
            shown = words.value(row["figure"], rate, currency)
            planned = words.value(row["figure"], row["plan"], currency)
            so_far = words.value(row["figure"], row["actual"], currency)
            change = None if gap is None else _("{gap} against {plan}", gap=i18n.change(gap), plan=planned)
            help_ = _(
                "So far {actual}, {share} of the period as a rule ({rule}); at this rate it ends at {rate}.",
                actual=so_far,
                share=i18n.share(row["share"]),
                rule=words.rule_words(row["rule"]),
                rate=shown,
            )
            off = "off" if gap is None else "normal"
            st.metric(label, shown, change, delta_color=off, border=True, width=TILE, help=help_)  # type: ignore[arg-type]
    st.caption(_("Where each month or year ends at this rate, against its plan."))


def _draw_form(in_force: tuple[Target, ...], as_of: date) -> None:
    if sentence := st.session_state.pop(SAVED, None):
        st.success(sentence)
    years = {str(year): str(year) for year in (as_of.year - 1, as_of.year, as_of.year + 1)}
    year = int(session.choose(_("Year"), years, YEAR, str(as_of.year)))
    before = grid(in_force, year)
    with st.form("targets_form", border=False):
        edited = st.data_editor(
            _named(before, year).to_arrow(),
            key=f"targets_{year}_{hash(in_force)}",
            hide_index=True,
            disabled=["period"],
            placeholder=i18n.MISSING,
            height="content",
            column_config=_headings(),
        )
        # The name is asked once a page: above the list of what is to be done.
        author = signed_in() or str(st.session_state.get(AUTHOR, "")).strip()
        pressed = st.form_submit_button(
            _("Save targets"),
            icon=":material/save:",
            disabled=not author,
            help=None
            if author
            else _("Say who is looking first: the button stands above the list of what is to be done."),
        )
    _draw_sums(in_force, year)
    if pressed:
        _save(before, pl.DataFrame(edited), year, author)


def _headings() -> dict[str, Any]:
    money = shop_currency()
    labels = {
        name: f"{words.figure_label(name)} ({money})" if name in table.MONEY else words.figure_label(name)
        for name in FIGURES
    }
    numbers: dict[str, Any] = {
        name: st.column_config.NumberColumn(label, min_value=0.0, format="localized") for name, label in labels.items()
    }
    return {"period": st.column_config.TextColumn(_("Period")), **numbers}


def rows_of(year: int) -> Rows:
    """The rows of the form: twelve months, then the whole year."""
    return (*(("month", date(year, number, 1)) for number in range(1, 13)), ("year", date(year, 1, 1)))


def grid(in_force: tuple[Target, ...], year: int) -> pl.DataFrame:
    """A row a period of the year, a column a figure; null where there is no target."""
    values = {each.key: each.value for each in in_force}
    columns = {name: [values.get((name, *row)) for row in rows_of(year)] for name in FIGURES}
    return pl.DataFrame(columns, schema=dict.fromkeys(FIGURES, pl.Float64))


def changed(before: pl.DataFrame, after: pl.DataFrame, year: int) -> tuple[Target, ...]:
    """What a person altered. Raise `Refused` for a value that is no target."""
    kept: dict[TargetFigure, Mapping[str, Any]] = {
        name: {"before": before[name].to_list(), "after": after[name].cast(pl.Float64).fill_nan(None).to_list()}
        for name in FIGURES
    }
    return tuple(
        Target(name, period, day, new)
        for name, values in kept.items()
        for (period, day), old, new in zip(rows_of(year), values["before"], values["after"], strict=True)
        if old != new
    )


def _named(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    names = [
        i18n.month(day) if period == "month" else _("Whole year {year}", year=str(year))
        for period, day in rows_of(year)
    ]
    return rows.insert_column(0, pl.Series("period", names))


def _draw_sums(in_force: tuple[Target, ...], year: int) -> None:
    """Where the months do not add up to the year, which is no fault but worth knowing."""
    rows, currency = grid(in_force, year), shop_currency()
    for name in FIGURES:
        months, whole = rows[name].head(12), rows[name][12]
        total = float(months.sum())
        if whole is not None and not months.null_count() and abs(total - whole) > 0.005 * whole:
            st.caption(
                _(
                    "{figure}: the twelve months add up to {months}, the year says {year}.",
                    figure=words.figure_label(name),
                    months=words.value(name, total, currency),
                    year=words.value(name, whole, currency),
                )
            )


def _save(before: pl.DataFrame, after: pl.DataFrame, year: int, author: str) -> None:
    try:
        if not (new := changed(before, after, year)):
            st.info(_("Nothing was changed."))
            return
        state.save_targets(held(), new, author=author)
    except Refused as refusal:
        st.warning(str(refusal))
        return
    st.session_state[SAVED] = _("The targets hold from now on.")
    st.rerun()
