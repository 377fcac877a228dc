"""The Retention page's controls and sentences."""

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention import table
from shopkeeper.customers.retention.chart.curves import retention_curves
from shopkeeper.customers.retention.chart.heatmap import LARGEST, LARGEST_DRAWN, OPEN, retention_heatmap
from shopkeeper.customers.retention.chart.titles import title
from shopkeeper.customers.retention.opportunity import RetentionOpportunity
from shopkeeper.customers.retention.periods import WINDOW_DAYS
from shopkeeper.customers.retention.report import LONGEST_WINDOW, Retention, View
from shopkeeper.customers.screen import filters as screen_filters
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.terms import TERMS
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import opened

DRAWN = {"day": 31, "week": 13, "month": 13, "quarter": 9}
MOST_DRAWN = 150
"""Rows of one triangle: more would be slow to draw and nobody reads them; files have them all."""
DEFINITIONS = (
    "purchase",
    "cohort",
    "mean",
    "immature",
    "interval",
    "identity_bounds",
    "left_truncation",
    "acquired_in",
    "bought_in",
    "exact",
    "unbounded",
    "cumulative",
    "calendar",
    "rolling",
)


def period_names() -> dict[str, str]:
    """The choices of a cohort's period."""
    return {"day": _("day").capitalize(), "week": _("Week"), "month": _("Month"), "quarter": _("Quarter")}


def measure_names() -> dict[str, str]:
    """The choices of what is counted."""
    return {
        "customers": _("Customers"),
        "revenue": _("Net revenue"),
        "margin": _("Margin"),
        "orders": _("Orders"),
    }


def choose_view() -> tuple[View, str, bool]:
    """How retention is counted, which chart is drawn, and whether two segments are compared."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        period = session.choose(_("Period"), period_names(), "period", "month")
        kind = session.choose(_("Measure"), measure_names(), "measure", "customers")
        methods = ("exact", "unbounded", "cumulative") if kind == "customers" else ("exact", "cumulative")
        method = session.choose(_("Method"), {name: _(TERMS[name].label) for name in methods}, "method", "exact")
        windows = session.choose(
            _("Windows"), {name: _(TERMS[name].label) for name in ("calendar", "rolling")}, "windows", "calendar"
        )
        days = window_days(period) if windows == "rolling" else 0
        chart = session.choose(_("Chart"), {"heatmap": _("Heat map"), "curves": _("Curves")}, "chart", "heatmap")
        compare = compared()
    return View(period, method, windows, days, kind), chart, compare  # type: ignore[arg-type]


def window_days(period: str) -> int:
    """The length of a rolling window; its key names the period, since each has a length of its own."""
    default = WINDOW_DAYS[period]  # type: ignore[index]
    if (link_values := session.linked("window_days")) is not None:
        if link_values[-1].isdecimal() and 1 <= int(link_values[-1]) <= LONGEST_WINDOW:
            session.keep(f"window_days_{period}", int(link_values[-1]))
        else:
            session.notice(
                _(
                    "The link asks for a window of “{value}” days; choose 1 to {most}. It is {default} now.",
                    value=link_values[-1],
                    most=LONGEST_WINDOW,
                    default=default,
                )
            )
    key = f"window_days_{period}"
    session.keep(key, st.session_state.get(key) or default)
    days = st.number_input(_("Days in a window"), 1, LONGEST_WINDOW, step=1, key=key, width=140)
    session.remember("window_days", [] if days == default else [str(days)])
    return int(days)


def draw_opportunity(opportunity: RetentionOpportunity, filters: CustomerFilters) -> None:
    """Where to act, and what it is worth."""
    best = opportunity.best
    if not opportunity.n:
        st.info(
            _(
                "Where too few come back is told of customers won in the year before the last {days}; none is here.",
                days=i18n.days(opportunity.days),
            )
        )
        return
    with do_next(everywhere(opportunity) if best is None else action(best, opportunity)):
        with st.container(horizontal=True):
            if best is not None:
                st.button(
                    _("Show only these customers"),
                    key="show_segment",
                    icon=":material/filter_alt:",
                    on_click=screen_filters.set_filter,
                    args=(f"acquired_{_plural(str(best['segment_kind']))}", best["segment"]),
                )
            opened_table = st.toggle(_("All channels, regions and categories"), key="segments")
        if opened_table:
            as_of = retention.observed_until(opened().query, filters)
            tables.show_table(table.segments(opened().version, opportunity, filters, as_of), "opportunity")


def everywhere(opportunity: RetentionOpportunity) -> str:
    """What to do where no segment stands out: what a point is worth, and whom to begin with."""
    if not opportunity.point_worth:
        return _(
            "What a returning customer is worth is not known yet: of last year's new customers whose first {days} have "
            "passed ({n}), nobody came back within them. Choose the newest closed cohort below and “Missing from it” "
            "for the list of those to bring back.",
            n=i18n.integer(opportunity.n),
            days=i18n.days(opportunity.days),
        )
    if opportunity.n < i18n.FEW:
        return _(
            "No channel, region or category falls behind for certain, so begin with everyone: one more of last year's "
            "{n} who returns is worth about **{worth}** within {days}. Choose the newest closed cohort below and "
            "“Missing from it” for the list of those to bring back.",
            n=i18n.integer(opportunity.n),
            worth=money(100 * opportunity.point_worth / opportunity.n),
            days=i18n.days(opportunity.days),
        )
    return _(
        "No channel, region or category falls behind for certain, so begin with everyone: one more "
        "returning customer in a hundred of last year's {n} is worth about **{worth}** within {days}. Choose "
        "the newest closed cohort below and “Missing from it” for the list of those to bring back.",
        n=i18n.integer(opportunity.n),
        worth=money(opportunity.point_worth),
        days=i18n.days(opportunity.days),
    )


def action(best: dict[str, Any], opportunity: RetentionOpportunity) -> str:
    """What to do, and what it is worth."""
    who = {
        "channel": _("New customers won through **{segment}**", segment=best["segment"]),
        "region": _("New customers in **{segment}**", segment=best["segment"]),
        "category": _("New customers who began with **{segment}**", segment=best["segment"]),
    }[best["segment_kind"]]
    return _(
        "{who} come back too rarely: of last year's, {share} did within {days}, of all others {rest}. The difference "
        "is certain: {low} to {high} points fewer (Newcombe's interval, 95% over all {comparisons} comparisons). At "
        "the shop's rate, {gap} more would have returned, worth about **{worth}**. Give them a reason to return early: "
        "an offer for the second order, a reminder, a better first product.",
        who=who,
        share=i18n.share_of(best["returned"], best["n"]),
        rest=i18n.share_of(best["rest_returned"], best["rest_n"]),
        low=i18n.number(-100 * best["difference_high"], 1),
        high=i18n.number(-100 * best["difference_low"], 1),
        comparisons=i18n.integer(opportunity.comparisons),
        days=i18n.days(opportunity.days),
        gap=i18n.integer(best["gap_customers"]),
        worth=money(best["worth"]),
    )


def _plural(kind: str) -> str:
    return "categories" if kind == "category" else f"{kind}s"


def draw_heatmaps(reports: list[Retention], picked: tuple[date, int] | None) -> None:
    """The triangles side by side; the cell that is looked into is framed in the first, which can be clicked."""
    latest = choose_latest(reports[0])
    if len(reports) == 1:
        draw_heatmap(reports[0], latest, picked)
        return
    for place, (column, report) in enumerate(zip(st.columns(2), reports, strict=True)):
        with column:
            st.markdown(f"**{segment_names()[place]}**")
            draw_heatmap(report, latest, None if place else picked, suffix="_b" if place else "")


def choose_latest(report: Retention) -> int | None:
    """How many cohorts are drawn; `None` is all of them."""
    cohorts, drawn = report.cells["cohort"].n_unique(), DRAWN[report.view.period]
    if cohorts <= drawn:
        return None
    every = _("All {n}", n=i18n.integer(cohorts)) if cohorts <= MOST_DRAWN else _("Latest {n}", n=MOST_DRAWN)
    names = {"latest": _("Latest {n}", n=drawn), "all": every}
    if session.choose(_("Cohorts drawn"), names, "cohorts", "latest") == "latest":
        return drawn
    return None if cohorts <= MOST_DRAWN else MOST_DRAWN


def draw_heatmap(report: Retention, latest: int | None, picked: tuple[date, int] | None, suffix: str = "") -> None:
    """One triangle."""
    currency = shop_currency()

    def draw(*, dark: bool = False) -> Any:
        return retention_heatmap(report, currency, latest=latest, picked=picked, dark=dark)

    tables.show_chart(
        draw,
        table.cells(opened().version, report),
        f"heatmap{suffix}",
        title=title(report.view, currency),
        select=not suffix,
        note=legend(report, latest, clickable=not suffix),
    )


def legend(report: Retention, latest: int | None, *, clickable: bool) -> str:
    """How to read the marks; only those that are there."""
    parts, cells = [], report.cells
    if latest:
        cells = cells.filter(pl.col("cohort").is_in(cells["cohort"].unique().sort().tail(latest).to_list()))
        parts.append(_("only the latest {n} cohorts are drawn; table, files and mean have all", n=latest))
    if cells.filter(pl.col("age") > LARGEST_DRAWN.get(report.view.period, LARGEST)).height:
        parts.append(_("the first {n} are drawn; table and files have more", n=i18n.days(LARGEST_DRAWN["day"])))
    if not cells["mature"].all():
        parts.insert(0, _("{mark} not yet closed: empty, not 0", mark=OPEN))
    if cells.filter("mature", pl.col("n") < retention.FEW_CUSTOMERS).height:
        parts.append(_("pale: fewer than {n} customers", n=retention.FEW_CUSTOMERS))
    if cells["may_not_be_first"].any():
        parts.append(_("† near the start of the data: may not be the first purchase"))
    if clickable:
        parts.append(_("click a cell to see its customers"))
    if report.cost_share is not None:
        parts.append(_("unit cost is known for {share} of net revenue", share=i18n.percent(report.cost_share)))
    return " · ".join(parts)


def draw_curves(reports: list[Retention]) -> None:
    """The mean with its band; of two segments both."""
    currency = shop_currency()
    names: tuple[str, ...] = (_("Weighted mean"),)
    sheet = table.cells(opened().version, reports[0])
    if len(reports) > 1:
        names = segment_names()
        sheet = table.means(opened().version, reports, names)

    def draw(*, dark: bool = False) -> Any:  # noqa: ARG001
        return retention_curves(list(zip(names, reports, strict=True)), currency)

    tables.show_chart(draw, sheet, "curves", title=title(reports[0].view, currency))


def compared() -> bool:
    """Whether the viewer wants a second segment."""
    if link_values := session.linked("compare"):
        session.keep("compare", link_values[-1] == "1")
    session.keep("compare", st.session_state.get("compare", False))
    comparing = st.toggle(_("Compare two segments"), key="compare", on_change=session.forget_notices)
    session.remember("compare", ["1"] if comparing else [])
    return comparing


def choose_other_segment(filters: CustomerFilters) -> CustomerFilters:
    """The second segment, beside the words of the first."""
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**A** · {_('the filters in the sidebar')}")
        st.caption(words(filters))
    with right.container(border=True):
        st.markdown(f"**B** · {_('chosen here')}")
        return screen_filters.segment_filters("b_")


def words(filters: CustomerFilters) -> str:
    """The filters on one line."""
    return "; ".join(f"{label}: {value}" for label, value in filters.caption()) or _("All customers and purchases")


def segment_names() -> tuple[str, str]:
    """What the two segments are called in charts and files."""
    return _("A (sidebar)"), _("B (second segment)")
