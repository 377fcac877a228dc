"""The stock policy with who set it, and how reliable each supplier is."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.contract.forecasts import PATTERNS
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.lead_times import FEWEST_DELIVERIES
from shopkeeper.supply.replenishment import table as replenishment_table
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.table import LEAD_SOURCES
from shopkeeper.ui import tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import opened
from shopkeeper.ui.state import ask_author, held

SAVED = "_levels_saved"
NUMBERS = {
    "review_days": (1, 90),
    "receiving_days": (0, 30),
    "lead_days": (0, 365),
    "lead_sd": (0, 90),
    "excess_days": (1, 365),
    "doubt_months": (1, 60),
    "materiality": (0, 100),
    "order_cost": (0, 1_000_000),
    "holding_rate": (1, 100),
}
WHOLE = ("review_days", "receiving_days", "excess_days")
SHARES = ("materiality", "holding_rate")
"""Shares of 1 that are asked for in percent."""


@dataclass(frozen=True)
class Entered:
    """What stands in the fields: of which share levels speak, numbers of the policy, and suppliers' least orders."""

    kind: str
    numbers: dict[str, float]
    minimums: tuple[tuple[str, float], ...]


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
            "##### Service: in how many of 100 replenishment cycles the stock should last, or how many of 100 units "
            "are served from the shelf\nThe empty cells of a pattern follow the class. More service is more safety "
            "stock: from 95 % to 98 % of cycles it is about a quarter more. The same share of units needs less stock "
            "than that of cycles."
        )
    )
    kind = ask_kind(policy)
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
    entered = Entered(kind, ask_numbers(policy), ask_minimums(proposals))
    author = ask_author()
    if st.button(_("Save"), key="levels_save", type="primary", disabled=not now.writable, icon=":material/save:"):
        save(policy, pl.DataFrame(edited), entered, author)
    draw_scores(proposals)
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


def policy_of(table: pl.DataFrame, entered: Entered, before: Policy) -> Policy:
    """The other way round. Raise `Refused` for values that cannot be."""
    rows, numbers = table.to_dicts(), entered.numbers
    values = {name: int(value) if name in WHOLE else float(value) for name, value in numbers.items()}
    values |= {name: round(numbers[name] / 100, 6) for name in SHARES}
    return replace(
        before,
        service_levels=tuple((row["abc"], round(row["all"] / 100, 6)) for row in rows),
        pattern_levels=tuple(
            (row["abc"], name, round(row[name] / 100, 6)) for row in rows for name in PATTERNS if row[name] is not None
        ),
        service_kind=entered.kind,
        supplier_minimums=entered.minimums,
        **values,  # type: ignore[arg-type]
    )


def ask_kind(policy: Policy) -> str:
    """Of which share the levels speak."""
    kinds = {"cycle": _("Of cycles (cycle service)"), "fill": _("Of units (fill rate)")}
    chosen = st.segmented_control(
        _("Share"),
        list(kinds),
        default=policy.service_kind,
        format_func=kinds.__getitem__,
        key="policy_service_kind",
        required=True,
        label_visibility="collapsed",
    )
    return str(chosen)


def ask_minimums(proposals: OrderProposals) -> tuple[tuple[str, float], ...]:
    """The least that each supplier takes an order for, in money; without suppliers what was set stays."""
    policy = proposals.policy
    least = dict(policy.supplier_minimums)
    names = sorted({*proposals.suppliers["supplier"].to_list(), *least})
    if not names:
        return policy.supplier_minimums
    rows = pl.DataFrame({"supplier": names, "minimum": [least.get(name) for name in names]}, schema=_MINIMUMS)
    with st.expander(_("Least order by supplier")), st.container(key="minimums_table"):
        edited = st.data_editor(
            rows.to_arrow(),
            key=f"minimums_{hash(policy)}",
            hide_index=True,
            disabled=["supplier"],
            placeholder=i18n.MISSING,
            column_config={
                "supplier": st.column_config.TextColumn(_("Supplier")),
                "minimum": st.column_config.NumberColumn(
                    _("Least order ({currency})", currency=shop_currency()), min_value=0.0, format="localized"
                ),
            },
        )
    kept = pl.DataFrame(edited, schema_overrides=_MINIMUMS).filter(pl.col("minimum") > 0)
    return tuple((supplier, float(minimum)) for supplier, minimum in kept.iter_rows())


_MINIMUMS = {"supplier": pl.String(), "minimum": pl.Float64()}


def ask_numbers(policy: Policy) -> dict[str, float]:
    """Days, money and shares of the policy; shares in percent."""
    words = {
        "review_days": _("Days between reviews"),
        "receiving_days": _("Days for receiving"),
        "lead_days": _("Lead time where nobody says it (days)"),
        "lead_sd": _("Its spread (days)"),
        "excess_days": _("Excess beyond (days)"),
        "doubt_months": _("Doubt orders above so many months of sales"),
        "materiality": _("Material from (% of a month's margin)"),
        "order_cost": _("Cost of an order line ({currency}; 0: not used)", currency=shop_currency()),
        "holding_rate": _("Holding stock costs (% of its cost a year)"),
    }
    values = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, label in words.items():
            low, high = NUMBERS[name]
            now = float(getattr(policy, name)) * (100 if name in SHARES else 1)
            values[name] = float(
                st.number_input(
                    label,
                    float(low),
                    float(high),
                    round(now, 6),
                    step=0.1 if name == "materiality" else 1.0,
                    format="%g",
                    key=f"policy_{name}",
                    width=190,
                )
            )
    return values


def save(before: Policy, table: pl.DataFrame, entered: Entered, author: str) -> None:
    """Keep the policy and begin anew; a refusal is told in place."""
    try:
        state.save_policy(held(), policy_of(table, entered, before), author=author)
    except Refused as refusal:
        st.warning(str(refusal))
        return
    st.session_state[SAVED] = _("The service levels hold from now on, on every page.")
    st.rerun()


def draw_scores(proposals: OrderProposals) -> None:
    """What suppliers say, what they take, how their deliveries come, and which days are used."""
    if proposals.suppliers.is_empty():
        return
    suppliers = proposals.suppliers.with_columns(late=pl.col("measured_days") - pl.col("stated_days"))
    suppliers = suppliers.sort("late", "supplier", descending=[True, False], nulls_last=True)
    slow = suppliers.filter((pl.col("late") >= 1) & (pl.col("lead_source") == "both"))
    if slow.height:
        worst = slow.row(0, named=True)
        what = ngettext(
            "{n} supplier takes longer than the products table says, {supplier}: {measured} instead of {stated}. "
            "Orders are reckoned with {used}; put the measured days into products, and ask the supplier.",
            "{n} suppliers take longer than the products table says, {supplier} most: {measured} instead of {stated}. "
            "Orders are reckoned with {used}; put the measured days into products, and ask the supplier.",
            slow.height,
            supplier=worst["supplier"],
            measured=i18n.days(worst["measured_days"]),
            stated=i18n.days(worst["stated_days"]),
            used=i18n.days(worst["used_days"]),
        )
        with do_next(what):
            pass
    words = {name: _(text) for name, text in LEAD_SOURCES.items()}
    sheet = replenishment_table.sheet(
        opened().version,
        "supplier-lead-times",
        _("How reliable each supplier is"),
        suppliers.drop("late").with_columns(pl.col("lead_source").replace(words)),
        (),
        ("supplier_score",),
    )
    tables.show_table(sheet, "leads", first=100)
    st.caption(
        _(
            "From {n} deliveries of the last 365 days on, what was measured corrects what is stated; below that, what "
            "is stated is used.",
            n=FEWEST_DELIVERIES,
        )
    )
