"""The decision log with its scores."""

from dataclasses import replace

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.supply.replenishment import outcomes
from shopkeeper.supply.replenishment import table as replenishment_table
from shopkeeper.supply.replenishment.table import KINDS, OUTCOMES, VERDICTS
from shopkeeper.ui import tables
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import opened
from shopkeeper.ui.state import held

LOG_COLUMNS = (
    "made_at",
    "outcome",
    "verdict",
    "author",
    "kind",
    "sku",
    "location",
    "from_location",
    "units_proposed",
    "units_decided",
    "landed_units",
    "forecast_units",
    "left_units",
    "expected_margin",
    "saved_margin",
    "reason",
    "as_of",
    "lands_on",
    "until",
)


def draw_log() -> None:
    """What was decided and what became of it."""
    rows = state.decisions(held())
    if rows.is_empty():
        st.info(_("Nothing was decided yet. Tick orders or transfers, and accept, change or refuse them."))
        return
    scored = outcomes.scored(opened().query, rows)
    draw_score(scored)
    words = scored.with_columns(
        pl.col("outcome").replace({name: _(text) for name, text in OUTCOMES.items()}),
        pl.col("verdict").replace({name: _(text) for name, text in VERDICTS.items()}),
        pl.col("kind").replace({name: _(text) for name, text in KINDS.items()}),
    )
    sheet = replenishment_table.decisions(opened().version, words)
    columns = {column.name: column for column in sheet.columns}
    shown = replace(sheet, columns=tuple(columns[name] for name in LOG_COLUMNS))
    tables.show_table(shown, "decisions", first=500)


def draw_score(scored: pl.DataFrame) -> None:
    """How good decisions were, as far as their days are over."""
    done = scored.filter(~pl.col("outcome").is_in(["open", "unknown"]))
    accepted = done.filter(pl.col("verdict") != "refused")
    needed = accepted.filter(pl.col("outcome").is_in(["needed", "not_enough"]))
    sentence = ngettext(
        "{n} decision, {open} still open. Of {done} accepted that are over, {needed} were needed: {saved} of margin "
        "was really saved, {promised} was promised.",
        "{n} decisions, {open} still open. Of {done} accepted that are over, {needed} were needed: {saved} of margin "
        "was really saved, {promised} was promised.",
        scored.height,
        open=i18n.integer((scored["outcome"] == "open").sum()),
        done=i18n.integer(accepted.height),
        needed=i18n.integer(needed.height),
        saved=money(float(accepted["saved_margin"].sum())),
        promised=money(float(accepted["expected_margin"].sum())),
    )
    st.markdown(f"#### {sentence}")
    missed = done.filter(pl.col("outcome") == "missed").height
    over = done.filter(pl.col("left_units").is_not_null())
    sold, expected = float(over["left_units"].sum()), float(over["forecast_units"].sum())
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Needed"),
            i18n.percent(needed.height / accepted.height if accepted.height else None, 0),
            border=True,
            help=_("Of accepted or changed proposals that are over."),
        )
        st.metric(
            _("Refused, then out"),
            i18n.integer(missed),
            border=True,
            help=_("Refused proposals whose item ran out in these days."),
        )
        st.metric(
            _("Sold against forecast"),
            i18n.percent(sold / expected if expected else None, 0),
            border=True,
            help=_("Units that left over the lead time, of all that were forecast."),
        )
