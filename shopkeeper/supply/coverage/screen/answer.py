"""The Coverage page's answer: how much is out or runs out, what that costs, and what to do next."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label, measure
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.ui import links
from shopkeeper.ui.actions import do_next, open_page
from shopkeeper.ui.figures import money, total

FIRST = 20
ICONS: Mapping[str, str] = {
    "out": "✖",
    "runs_out": "▼",
    "order_now": "◆",
    "ok": "✔",
    "excess": "▲",
    "no_demand": "–",
}


def draw_answer(coverage: Coverage) -> None:
    """How much is out or runs out before help can come, what that costs, and where it is worst."""
    risk = coverage.at_risk
    totals = coverage.classes.select(pl.col("series", "out", "runs_out", "order_now", "at_risk").sum()).row(
        0, named=True
    )
    values = {"n": i18n.integer(totals["at_risk"]), "all": i18n.integer(totals["series"])}
    if risk.is_empty():
        sentence = _(
            "None of {all} items with demand, region by region, is out or runs out before an order placed today can "
            "land.",
            all=values["all"],
        )
    elif not has_margin(risk):
        worst = coverage.regions.sort("at_risk", "region", descending=[True, False]).row(0, named=True)
        sentence = _(
            "{n} of {all} items with demand, region by region, are out or run out before an order placed today can "
            "land, {part} of them in {region}. What is at stake nobody can say: none of them has a cost.",
            region=worst["region"],
            part=i18n.integer(worst["at_risk"]),
            **values,
        )
    else:
        worst = coverage.regions.row(0, named=True)
        sentence = _(
            "{n} of {all} items with demand, region by region, are out or run out before an order placed today can "
            "land: {stake} of margin is at stake, most of it in {region} ({part}).",
            stake=money(total(risk, "margin_at_stake")),
            region=worst["region"],
            part=money(worst["margin_at_stake"]),
            **values,
        )
    st.markdown(f"#### {sentence}")
    _draw_figures(coverage, risk, totals)


def _draw_figures(coverage: Coverage, risk: pl.DataFrame, totals: Mapping[str, int]) -> None:
    stake, excess = total(risk, "margin_at_stake"), total(coverage.regions_skus, "excess_value")
    with st.container(horizontal=True, gap="small"):
        st.metric(
            f"{ICONS['out']} {_('Out')}",
            i18n.integer(totals["out"]),
            border=True,
            delta=_change_of(coverage, "out"),
            delta_color="inverse",
            help=_("Items in a region of which nothing is available. Below: against a week ago."),
        )
        st.metric(
            f"{ICONS['runs_out']} {_('Run out before an order can land')}",
            i18n.integer(totals["runs_out"]),
            border=True,
            delta=_change_of(coverage, "runs_out"),
            delta_color="inverse",
            help=_("Used up before an order placed today can be sold. Below: against a week ago."),
        )
        about = _(measure("margin_at_stake").description)
        if risk.is_empty() or has_margin(risk):
            st.metric(label("margin_at_stake"), money(stake), border=True, help=about)
        if not coverage.regions_skus["excess_value"].is_null().all():
            st.metric(label("excess_value"), money(excess), border=True, help=_(measure("excess_value").description))


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
    """What to do now and what it is worth; nothing where nothing is missing."""
    risk = coverage.at_risk
    low = int((coverage.regions_skus["status"] == "order_now").sum())
    if risk.is_empty() and not low:
        return
    if not has_margin(risk):
        what = _(
            "Order or move what runs out first: the list “To act on” has {n} items that are out or run out, and {more} "
            "that have fallen to their reorder point.",
            n=i18n.integer(risk.height),
            more=i18n.integer(low),
        )
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
    return _(
        "Order or move the first {n} items of the list “To act on”: they hold {stake} of {whole} of margin at "
        "stake. {more} more items have fallen to their reorder point.",
        n=i18n.integer(first.height),
        stake=money(total(first, "margin_at_stake")),
        whole=money(total(risk, "margin_at_stake")),
        more=i18n.integer(low),
    )
