"""The Coverage page's answer: how much is out or runs out, what that costs, and what to do next."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.ui import links
from shopkeeper.ui.actions import do_next, open_page, show_list
from shopkeeper.ui.figures import money, total

FIRST = 20
SECTION, STATUS = "coverage_view", "coverage_status"
ICONS: Mapping[str, str] = {
    "out": "✖",
    "runs_out": "▼",
    "order_now": "◆",
    "ok": "✔",
    "excess": "▲",
    "no_demand": "–",
}


def draw_answer(coverage: Coverage) -> None:
    """How much is out or runs out, what that costs, what lies too much; the largest sum first, no trifle."""
    risk = coverage.at_risk
    totals = coverage.classes.select(pl.col("series", "out", "runs_out", "order_now", "at_risk").sum()).row(
        0, named=True
    )
    excess = total(coverage.regions_skus, "excess_value")
    sentences = [_at_risk(coverage, totals)]
    if excess > total(coverage.regions_skus, "margin_at_stake") and excess >= (coverage.material_from or 0.0):
        sentences.insert(0, _("Stock of {value} at cost lies beyond what is needed.", value=money(excess)))
    st.markdown(f"#### {' '.join(sentences)}")
    _draw_figures(coverage, risk, totals)


def _at_risk(coverage: Coverage, totals: Mapping[str, int]) -> str:
    risk, rows = coverage.at_risk, coverage.regions_skus
    values = {"all": i18n.integer(totals["series"])}
    stake = total(rows, "margin_at_stake")
    if risk.is_empty():
        return _(
            "None of {all} items with demand, region by region, is out or runs out before an order placed today can "
            "land.",
            all=values["all"],
        )
    if not has_margin(risk) or stake < (coverage.material_from or 0.0):
        return _without_stake(coverage, totals["at_risk"], values)
    worst = coverage.regions.row(0, named=True)
    return ngettext(
        "{stake} of margin is at stake until help lands, most of it in {region} ({part}). {n} of {all} items with "
        "demand, region by region, is out or runs out before an order placed today can land: {listed} of it.",
        "{stake} of margin is at stake until help lands, most of it in {region} ({part}). {n} of {all} items with "
        "demand, region by region, are out or run out before an order placed today can land: {listed} of it.",
        totals["at_risk"],
        stake=money(stake),
        region=worst["region"],
        part=money(worst["margin_at_stake"]),
        listed=money(total(risk, "margin_at_stake")),
        **values,
    )


def _without_stake(coverage: Coverage, at_risk: int, values: Mapping[str, str]) -> str:
    """How many are out or run out, where nobody knows what is at stake or where that is next to nothing."""
    if not has_margin(coverage.at_risk):
        worst = coverage.regions.sort("at_risk", "region", descending=[True, False]).row(0, named=True)
        return ngettext(
            "{n} of {all} items with demand, region by region, is out or runs out before an order placed today can "
            "land, {part} of them in {region}. What is at stake nobody can say: none of them has a cost.",
            "{n} of {all} items with demand, region by region, are out or run out before an order placed today can "
            "land, {part} of them in {region}. What is at stake nobody can say: none of them has a cost.",
            at_risk,
            region=worst["region"],
            part=i18n.integer(worst["at_risk"]),
            **values,
        )
    return ngettext(
        "{n} of {all} items with demand, region by region, is out or runs out before an order placed today can land, "
        "but less than {least} of margin ({share} of a month's) is at stake until help lands.",
        "{n} of {all} items with demand, region by region, are out or run out before an order placed today can land, "
        "but less than {least} of margin ({share} of a month's) is at stake until help lands.",
        at_risk,
        least=money(coverage.material_from),
        share=i18n.percent(coverage.policy.materiality, 1),
        **values,
    )


def _draw_figures(coverage: Coverage, risk: pl.DataFrame, totals: Mapping[str, int]) -> None:
    """Each tile with the list that it counts."""
    rows = coverage.regions_skus
    about = {
        "out": _("Items in a region of which nothing is available. Below: against a week ago."),
        "runs_out": _("Used up before an order placed today can be sold. Below: against a week ago."),
        "order_now": _("Items in a region whose last safe order day has come. Below: against a week ago."),
    }
    names = {"out": _("Out"), "runs_out": _("Run out before an order can land"), "order_now": _("Order now")}
    with st.container(horizontal=True, gap="small"):
        for status, name in names.items():
            with st.container(gap=None, width=290 if status == "runs_out" else 165):
                st.metric(
                    f"{ICONS[status]} {name}",
                    i18n.integer(totals[status]),
                    border=True,
                    delta=_change_of(coverage, status),
                    delta_color="inverse",
                    help=about[status],
                )
                show_list(_("Items in a region"), f"show_{status}", {SECTION: "act", STATUS: status})
        if (risk.is_empty() or has_margin(risk)) and has_margin(rows):
            with st.container(gap=None, width=290):
                words = _(measure("margin_at_stake").description)
                stake = money(total(rows, "margin_at_stake"))
                st.metric(label("margin_at_stake"), stake, border=True, help=words)
                show_list(_("Items in a region"), "show_stake", {SECTION: "act", STATUS: "all"})
        if not rows["excess_value"].is_null().all():
            with st.container(gap=None, width=220):
                words = _(measure("excess_value").description)
                st.metric(label("excess_value"), money(total(rows, "excess_value")), border=True, help=words)
                show_list(_("Items in a region"), "show_excess", {SECTION: "classes"})


def has_margin(rows: pl.DataFrame) -> bool:
    """Whether what is at stake is known of any of the rows."""
    return not rows["margin_at_stake"].is_null().all()


def _change_of(coverage: Coverage, status: str) -> str | None:
    """How many more items have this status than a week ago; nothing where that week was not counted."""
    comparable = coverage.regions_skus.filter(pl.col("status").is_not_null() & pl.col("status_before").is_not_null())
    if comparable.is_empty():
        return None
    difference = int((comparable["status"] == status).sum()) - int((comparable["status_before"] == status).sum())
    return f"{difference:+d}" if difference else None


def draw_next(coverage: Coverage) -> None:
    """What to do now and what it is worth; nothing where nothing is missing, or nothing of any weight."""
    risk = coverage.at_risk
    low = int((coverage.regions_skus["status"] == "order_now").sum())
    if risk.is_empty() and not low:
        return
    if risk.is_empty() or not has_margin(risk):
        what = ngettext(
            "Order or move what runs out first: the list “To act on” has {n} item that is out or runs out, and {more} "
            "whose last safe order day has come.",
            "Order or move what runs out first: the list “To act on” has {n} items that are out or run out, and {more} "
            "whose last safe order day has come.",
            risk.height,
            more=i18n.integer(low),
        )
    elif total(risk, "margin_at_stake") < (coverage.material_from or 0.0):
        return
    else:
        what = _worth(risk, low)
    with do_next(what):
        open_page(
            _("See what to order and what to move"),
            links.REPLENISHMENT,
            "to_replenishment",
            ":material/local_shipping:",
        )


def _worth(risk: pl.DataFrame, low: int) -> str:
    first = risk.head(FIRST)
    return ngettext(
        "Order or move the {n} item of the list “To act on”: it holds {stake} of {whole} of margin at stake, of what "
        "is out or runs out. Of {more} more items the last safe order day has come.",
        "Order or move the first {n} items of the list “To act on”: they hold {stake} of {whole} of margin at stake, "
        "of what is out or runs out. Of {more} more items the last safe order day has come.",
        first.height,
        stake=money(total(first, "margin_at_stake")),
        whole=money(total(risk, "margin_at_stake")),
        more=i18n.integer(low),
    )
