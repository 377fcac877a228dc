"""Deciding on proposals: accept, change or refuse those ticked, with a name and a reason, kept in the log."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.merchant.decisions import Decision, ProposalKind, Verdict
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.replenishment import outcomes
from shopkeeper.supply.replenishment.table import VERDICTS
from shopkeeper.supply.units import PIECE
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import opened
from shopkeeper.ui.state import ask_author, held

ROUND, CONFIRMATION = "_decision_round", "_decision_confirmation"
LOG_DAYS = 30
"""How far back an earlier decision on the same place and item is told beside a new proposal."""


def grid_key(name: str) -> str:
    """The table's key; a new one after each decision, so that nothing stays ticked."""
    return f"{name}_grid_{st.session_state.get(ROUND, 0)}"


def log() -> pl.DataFrame:
    """The decisions that hold; none where the state cannot be read, which is said elsewhere."""
    try:
        return state.decisions(held())
    except Refused:
        return pl.DataFrame(schema=dict(state.DECISION_COLUMNS))


def with_decisions(rows: pl.DataFrame, kind: ProposalKind) -> pl.DataFrame:
    """Proposals with `decided` (what was decided, on which as-of, by whom; null) and `replaces` (the id, or null)."""
    as_of = opened().version.as_of
    recent = log().filter((pl.col("kind") == kind) & (pl.col("as_of") > as_of - timedelta(days=LOG_DAYS)))
    this = {row["proposal"]: row for row in recent.iter_rows(named=True)}
    earlier: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in recent.filter((pl.col("as_of") < as_of) & (pl.col("units_decided") > 0)).iter_rows(named=True):
        earlier.setdefault((row["location"], row["from_location"], row["sku"]), row)
    words, replaced = [], []
    for row in rows.iter_rows(named=True):
        there = row["to_location"] if kind == "transfer" else row["location"]
        before = earlier.get((there, row.get("from_location"), row["sku"]))
        decision = this.get(row["proposal"])
        words.append(words_of(decision) if decision else earlier_words(before) if before else None)
        replaced.append(decision["id"] if decision else None)
    return rows.with_columns(
        pl.Series("decided", words, dtype=pl.String), pl.Series("replaces", replaced, dtype=pl.Int64)
    )


def words_of(row: Mapping[str, Any]) -> str:
    """`Changed: 12 · Ann`."""
    units = "" if row["verdict"] == "refused" else f" {i18n.decimal(row['units_decided'])}"
    return f"{_(VERDICTS[row['verdict']])}{units} · {row['author']}"


def earlier_words(row: Mapping[str, Any]) -> str:
    """That the same was decided for lately: it may not be among the open deliveries yet."""
    return _(
        "{units} decided on {day} · {author}",
        units=i18n.decimal(row["units_decided"]),
        day=row["as_of"].isoformat(),
        author=row["author"],
    )


def draw(chosen: Sequence[Mapping[str, Any]], kind: ProposalKind, policy: Policy) -> None:
    """The form for the rows ticked; what was kept is said once."""
    if said := st.session_state.pop(CONFIRMATION, None):
        st.success(said)
    if not chosen:
        return
    try:
        now = held()
    except Refused as refusal:
        st.warning(str(refusal))
        return
    with st.container(border=True, key="decide"):
        st.markdown(f"**{summary(chosen)}**")
        if not now.writable:
            st.warning(str(state.kept_nowhere(now)))
        units = ask_units(chosen, kind)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            author = ask_author()
            reason = st.text_input(
                _("Reason"),
                key="decision_reason",
                max_chars=state.LONGEST,
                help=_("Needed to change or refuse; kept in the log."),
            )
        with st.container(horizontal=True):
            verdicts: tuple[tuple[Verdict, str, str, bool], ...] = (
                ("accepted", _("Accept"), ":material/check:", units is None or units == chosen[0]["units"]),
                ("changed", _("Keep the change"), ":material/edit:", units is not None and units != chosen[0]["units"]),
                ("refused", _("Refuse"), ":material/close:", True),
            )
            for verdict, words, icon, offered in verdicts:
                pressed = st.button(
                    words,
                    key=f"decide_{verdict}",
                    icon=icon,
                    disabled=not (offered and now.writable),
                    type="primary" if verdict == "accepted" else "secondary",
                )
                if pressed:
                    keep(chosen, kind, policy, verdict, author, reason, units)


def summary(chosen: Sequence[Mapping[str, Any]]) -> str:
    """How many, how much, and what it costs."""
    rows = ngettext("{n} row", "{n} rows", len(chosen))
    units = units_added(chosen)
    costs = [row["cost"] for row in chosen if row["cost"] is not None]
    if not costs:
        return _("{rows} ticked: {units}", rows=rows, units=units)
    return _(
        "{rows} ticked: {units} for {cost}",
        rows=rows,
        units=units,
        cost=i18n.compact_money(sum(costs), shop_currency()),
    )


def units_added(rows: Iterable[Mapping[str, Any]]) -> str:
    """`3 units`, `2.5 kg`; units of different kinds side by side, never as one sum."""
    sums: dict[str, float] = {}
    for row in rows:
        sums[row["unit"]] = sums.get(row["unit"], 0.0) + row["units"]
    return ", ".join(
        ngettext("{n} unit", "{n} units", round(added))
        if unit == PIECE and float(added).is_integer()
        else f"{i18n.decimal(added)} {_('units') if unit == PIECE else unit}"
        for unit, added in sorted(sums.items())
    )


def ask_units(chosen: Sequence[Mapping[str, Any]], kind: ProposalKind) -> float | None:
    """Another quantity, where one row is ticked."""
    if len(chosen) > 1:
        return None
    row = chosen[0]
    pack = float(row["pack_size"]) if kind == "order" else 1.0
    most = None if kind == "order" else float(row["from_spare"])
    is_whole = pack.is_integer() and float(row["units"]).is_integer()
    units = st.number_input(
        _("Units"),
        min_value=min(1.0, pack),
        max_value=most,
        value=float(row["units"]),
        step=pack,
        format="%.0f" if is_whole else "%.3f",
        key=f"units_{row['proposal']}",
        help=_("In steps of a pack.") if kind == "order" else _("At most what the source can spare."),
    )
    return round(float(units), 3)


def keep(
    chosen: Sequence[Mapping[str, Any]],
    kind: ProposalKind,
    policy: Policy,
    verdict: Verdict,
    author: str,
    reason: str,
    units: float | None,
) -> None:
    """Write to the log, say so, and begin anew; a refusal is told in place."""
    version, run = opened().version, opened().forecast
    made = []
    for row in chosen:
        given = {name: value for name, value in row.items() if name not in {"decided", "replaces"}}
        about = (
            outcomes.on_order(given, version.as_of, policy.review_days, version.id, run.name if run else None)
            if kind == "order"
            else outcomes.on_transfer(given, version.as_of, version.id, run.name if run else None)
        )
        decided = 0 if verdict == "refused" else units if verdict == "changed" and units else row["units"]
        made.append(
            Decision(
                **about, units_decided=decided, verdict=verdict, author=author, reason=reason, replaces=row["replaces"]
            )
        )
    try:
        state.record_decision(held(), *made)
    except Refused as refusal:
        st.warning(str(refusal))
        return
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    st.session_state[CONFIRMATION] = _(
        "Kept in the log: {rows}.", rows=ngettext("{n} decision", "{n} decisions", len(made))
    )
    st.rerun()
