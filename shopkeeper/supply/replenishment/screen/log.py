"""The decision log with its scores, and the service levels with who set them."""

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.contract.forecasts import PATTERNS
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.replenishment import outcomes
from shopkeeper.supply.replenishment import table as replenishment_table
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.table import KINDS, OUTCOMES, VERDICTS
from shopkeeper.ui import tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import opened
from shopkeeper.ui.state import ask_author, held

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
SAVED = "_levels_saved"
NUMBERS = {
    "review_days": (1, 90),
    "receiving_days": (0, 30),
    "lead_days": (0, 365),
    "lead_sd": (0, 90),
    "excess_days": (1, 365),
}


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
    sentence = _(
        "{n} decisions, {open} still open. Of {done} accepted that are over, {needed} were needed: {saved} of margin "
        "was really saved, {promised} was promised.",
        n=i18n.integer(scored.height),
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


def draw_levels(proposals: OrderProposals) -> None:
    """The stock policy, to be changed; what suppliers really take; and what was set before."""
    if said := st.session_state.pop(SAVED, None):
        st.success(said)
    now = held()
    if not now.writable:
        st.warning(str(state.kept_nowhere(now)))
    policy = proposals.policy
    st.markdown(
        _(
            "##### Cycle service: in how many of 100 replenishment cycles the stock should last\n"
            "The empty cells of a pattern follow the class. More service is more safety stock: from 95 % to 98 % it is "
            "about a quarter more."
        )
    )
    with st.container(key="levels_table"):
        edited = st.data_editor(
            table_of(policy).to_arrow(),
            key=f"levels_{hash(policy)}",
            hide_index=True,
            disabled=["abc"],
            placeholder=i18n.MISSING,
            column_config={
                "abc": st.column_config.TextColumn(_("ABC class")),
                **{
                    name: percent_column(pattern_words().get(name, _("All")), required=name == "all")
                    for name in ("all", *PATTERNS)
                },
            },
        )
    numbers = ask_numbers(policy)
    author = ask_author()
    if st.button(_("Save"), key="levels_save", type="primary", disabled=not now.writable, icon=":material/save:"):
        save(policy, pl.DataFrame(edited), numbers, author)
    draw_leads(proposals)
    history = state.policy_history(now)
    if history.height:
        with st.expander(_("Set before")):
            sheet = replenishment_table.service_levels(opened().version, history)
            tables.show_table(sheet, "levels_history")


def pattern_words() -> dict[str, str]:
    """Demand patterns in the viewer's language."""
    return {
        "smooth": _("Smooth"),
        "erratic": _("Erratic"),
        "intermittent": _("Intermittent"),
        "lumpy": _("Lumpy"),
        "new": _("New"),
        "none": _("No pattern"),
    }


def percent_column(label: str, *, required: bool) -> Any:
    """A share of cycles, in percent."""
    return st.column_config.NumberColumn(
        label, min_value=50.0, max_value=99.99, step=0.5, format="%.2f %%", required=required
    )


def table_of(policy: Policy) -> pl.DataFrame:
    """One row per ABC class, percent by pattern; `all` is the class's own."""
    special = {(abc, pattern): level for abc, pattern, level in policy.pattern_levels}
    rows = [
        {"abc": abc, "all": round(level * 100, 4)}
        | {name: round(special[abc, name] * 100, 4) if (abc, name) in special else None for name in PATTERNS}
        for abc, level in policy.service_levels
    ]
    return pl.DataFrame(rows, schema={"abc": pl.String} | dict.fromkeys(("all", *PATTERNS), pl.Float64))


def policy_of(table: pl.DataFrame, numbers: dict[str, float], before: Policy) -> Policy:
    """The other way round. Raise `Refused` for values that cannot be."""
    rows = table.to_dicts()
    return replace(
        before,
        service_levels=tuple((row["abc"], round(row["all"] / 100, 6)) for row in rows),
        pattern_levels=tuple(
            (row["abc"], name, round(row[name] / 100, 6)) for row in rows for name in PATTERNS if row[name] is not None
        ),
        review_days=int(numbers["review_days"]),
        receiving_days=int(numbers["receiving_days"]),
        lead_days=float(numbers["lead_days"]),
        lead_sd=float(numbers["lead_sd"]),
        excess_days=int(numbers["excess_days"]),
    )


def ask_numbers(policy: Policy) -> dict[str, float]:
    """Days of the policy."""
    words = {
        "review_days": _("Days between reviews"),
        "receiving_days": _("Days for receiving"),
        "lead_days": _("Lead time where nobody says it (days)"),
        "lead_sd": _("Its spread (days)"),
        "excess_days": _("Excess beyond (days)"),
    }
    values = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, label in words.items():
            low, high = NUMBERS[name]
            values[name] = float(
                st.number_input(
                    label,
                    float(low),
                    float(high),
                    float(getattr(policy, name)),
                    step=1.0,
                    format="%g",
                    key=f"policy_{name}",
                    width=190,
                )
            )
    return values


def save(before: Policy, table: pl.DataFrame, numbers: dict[str, float], author: str) -> None:
    """Keep the policy and begin anew; a refusal is told in place."""
    try:
        state.save_policy(held(), policy_of(table, numbers, before), author=author)
    except Refused as refusal:
        st.warning(str(refusal))
        return
    st.session_state[SAVED] = _("The service levels hold from now on, on every page.")
    st.rerun()


def draw_leads(proposals: OrderProposals) -> None:
    """What suppliers say and what they take."""
    if proposals.suppliers.is_empty():
        return
    suppliers = proposals.suppliers.with_columns(late=pl.col("measured_days") - pl.col("stated_days"))
    suppliers = suppliers.sort("late", "supplier", descending=[True, False], nulls_last=True)
    slow = suppliers.filter(pl.col("late") >= 1)
    if slow.height:
        worst = slow.row(0, named=True)
        what = _(
            "{n} suppliers take longer than the products table says, {supplier} most: {measured} instead of {stated}. "
            "Put the measured days into products.",
            n=slow.height,
            supplier=worst["supplier"],
            measured=i18n.days(worst["measured_days"]),
            stated=i18n.days(worst["stated_days"]),
        )
        with do_next(what):
            pass
    sheet = replenishment_table.sheet(
        opened().version,
        "supplier-lead-times",
        _("Lead time by supplier: stated and measured"),
        suppliers.drop("late"),
        (),
    )
    tables.show_table(sheet, "leads", first=100)
