"""The other views of Coverage: one region's items and locations, changes since last week, excess, classes and age."""

from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label
from shopkeeper.supply.coverage import chart as drawings
from shopkeeper.supply.coverage import table
from shopkeeper.supply.coverage.report import Coverage, ages, locations
from shopkeeper.supply.coverage.screen.regions import CATEGORY, REGION, draw_rows, pattern_words, sheet_of
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, total
from shopkeeper.ui.opened import load, opened

SKUS = (
    "status",
    "name",
    "sku",
    "category",
    "cover_days",
    "run_out_on",
    "available",
    "committed",
    "open_units",
    "daily_mean",
    "lead_days",
    "safety_stock",
    "reorder_point",
    "margin_at_stake",
    "excess_units",
    "stock_value",
    "sell_through",
    "abc",
    "pattern",
)
PLACES = ("location_name", "kind", "region", "status", "name", "sku", "from_location", *SKUS[4:])
CHANGES = (
    "change",
    "name",
    "sku",
    "region",
    "status_before",
    "status",
    "cover_before",
    "cover_days",
    "margin_at_stake",
    "available",
    "open_units",
    "category",
)
EXCESS = (
    "name",
    "sku",
    "region",
    "status",
    "excess_value",
    "excess_units",
    "available",
    "daily_mean",
    "cover_days",
    "sell_through",
    "abc",
    "pattern",
    "category",
)
AGED = ("name", "sku", "location", "category", "value", "on_hand", "fresh", "middle", "old", "unknown", "oldest_days")


def draw_cell(coverage: Coverage) -> None:
    """The items of one region (and category), and the locations that serve it."""
    region, category = _chosen(coverage)
    if region is None:
        return
    rows = coverage.regions_skus.filter(pl.col("region") == region)
    categories = coverage.filters.categories
    if category is not None:
        rows, categories = rows.filter(pl.col("category") == category), (category,)
    counts = {name: int((rows["status"] == name).sum()) for name in ("out", "runs_out", "order_now", "excess")}
    st.markdown(
        _(
            "**{region}**: {out} items are out, {runs_out} run out before an order can land, {order_now} are to be "
            "ordered now, {excess} lie in excess. Margin at stake: {stake}; stock at cost: {value}.",
            region=region,
            stake=money(total(rows, "margin_at_stake")),
            value=money(total(rows, "stock_value")),
            **{name: i18n.integer(count) for name, count in counts.items()},
        )
    )
    chosen = {_("Region"): region} | ({_("Category"): category} if category else {})
    sheet = sheet_of(coverage, "coverage", _("Items in {region}", region=region), rows, **chosen)
    draw_rows(sheet, "coverage_skus", SKUS)
    filters = GoodsFilters(categories, (region,), coverage.filters.skus)
    places = load(locations, filters, in_force())
    sheet = sheet_of(
        coverage, "coverage-locations", _("Locations that serve {region}", region=region), places, **chosen
    )
    draw_rows(sheet, "coverage_places", PLACES)
    st.caption(_("a location's stock is whole here; above, the part that its share of demand gives to the region"))


def _chosen(coverage: Coverage) -> tuple[str | None, str | None]:
    """Region and category to look into: clicked, linked or chosen here; the worst region at first."""
    state, regions = st.session_state, coverage.regions["region"].to_list()
    categories = coverage.cells["category"].unique().sort().to_list()
    for key, choices in ((REGION, regions), (CATEGORY, categories)):
        if linked := session.linked(key):
            session.keep(key, linked[-1])
        if state.get(key) is not None and state[key] not in choices:
            session.notice(_("“{value}” is not among the regions and categories shown here.", value=state[key]))
            state[key] = None
        session.keep(key, state.get(key))
    if state[REGION] is None and regions:
        session.keep(REGION, regions[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        region = st.selectbox(_("Region"), regions, key=REGION, width=240)
        category = st.selectbox(_("Category"), categories, key=CATEGORY, index=None, placeholder=_("All"), width=240)
    session.remember(REGION, [region] if region else [])
    session.remember(CATEGORY, [category] if category else [])
    return region, category


def draw_changes(coverage: Coverage) -> None:
    """What went bad in a week, and what recovered."""
    comparable = coverage.regions_skus.filter(pl.col("status_before").is_not_null())
    if comparable.is_empty():
        st.info(_("Nothing was counted a week before, so there is nothing to compare with. Send daily counts."))
        return
    moved = comparable.filter(pl.col("change").is_not_null())
    counts = dict(moved["change"].value_counts().iter_rows())
    worse = moved.filter(pl.col("change") != "recovered")
    st.markdown(
        "#### "
        + _(
            "In a week {bad} items went bad and {ran_out} that were running out ran out; {good} recovered. What went "
            "bad puts {stake} of margin at stake.",
            bad=i18n.integer(counts.get("went_bad", 0)),
            ran_out=i18n.integer(counts.get("ran_out", 0)),
            good=i18n.integer(counts.get("recovered", 0)),
            stake=money(total(worse, "margin_at_stake")),
        )
    )
    if moved.is_empty():
        return
    title = _("What changed since last week")
    draw_rows(
        sheet_of(coverage, "coverage-changes", title, pl.concat([worse, moved.filter(change="recovered")])),
        "coverage_changes",
        CHANGES,
    )
    st.caption(_("then: the stock and deliveries of a week ago against today's forecast"))


def draw_classes(coverage: Coverage) -> None:
    """Which kinds of items run out, where money lies still, and since when."""
    left, right = st.columns(2, gap="medium")
    with left:
        sheet = sheet_of(
            coverage, "coverage-classes", _("Out or running out, by ABC class and demand pattern"), coverage.classes
        )

        def draw_matrix(*, dark: bool = False) -> Any:
            return drawings.class_matrix(coverage.classes, pattern_words(), dark=dark)

        tables.show_chart(draw_matrix, sheet, "coverage_classes", note=_("items in a region that have demand"))
    aged = load(ages, coverage.filters)
    names = {
        "fresh": _("Last 90 days"),
        "middle": _("91 to 180 days"),
        "old": _("More than 180 days"),
        "unknown": _("Before the first known delivery"),
    }
    with right:
        if aged.totals.is_empty():
            st.info(_("Nothing was counted, so there is no age of stock."))
        else:
            whole = table.ages(opened().version, coverage, aged)
            sheet = sheet_of(
                coverage, "stock-age-categories", _("Units on hand by how long they have lain"), aged.totals
            )
            note = _(
                "{share} of {n} units landed more than 180 days ago, or before the first known delivery",
                share=i18n.percent(_old_share(aged.totals)),
                n=i18n.integer(total(aged.totals, "on_hand")),
            )
            tables.show_chart(lambda **_dark: drawings.age_bars(aged.totals, names), sheet, "coverage_age", note=note)
    draw_excess(coverage)
    if not aged.rows.is_empty():
        draw_rows(whole, "coverage_aged", AGED)


def draw_excess(coverage: Coverage) -> None:
    """What to stop ordering, or to move where it is missed."""
    rows = coverage.regions_skus.filter(pl.col("excess_units") >= 1)
    rows = rows.sort(
        "excess_value", "excess_units", "region", "sku", descending=[True, True, False, False], nulls_last=True
    )
    if rows.is_empty():
        return
    if rows["excess_value"].count():
        idle = coverage.regions_skus.filter(pl.col("status") == "no_demand")
        what = _(
            "{value} of stock at cost lie beyond what is needed, {idle} of it in items that nobody asks for: order no "
            "more of these, move them to where they are out, or sell them off.",
            value=money(total(coverage.regions_skus, "excess_value")),
            idle=money(total(idle, "excess_value")),
        )
        with do_next(what):
            pass
    draw_rows(
        sheet_of(coverage, "coverage-excess", f"{label('excess_value')}, {_('by item and region')}", rows),
        "coverage_excess",
        EXCESS,
    )


def _old_share(totals: pl.DataFrame) -> float | None:
    whole = total(totals, "on_hand")
    return (total(totals, "old") + total(totals, "unknown")) / whole if whole else None


def draw_levels(coverage: Coverage) -> None:
    """Where nothing was counted: what a region needs to have, so that counts can be held against it."""
    rows = coverage.regions_skus.filter(pl.col("daily_mean") > 0).sort(
        "daily_mean", "sku", "region", descending=[True, False, False]
    )
    names = (
        "name",
        "sku",
        "region",
        "daily_mean",
        "lead_days",
        "safety_stock",
        "reorder_point",
        "order_up_to",
        "abc",
        "pattern",
        "category",
    )
    title = _("Expected demand and what to keep, by item and region")
    draw_rows(
        sheet_of(coverage, "coverage-levels", title, rows.select("region", *(n for n in names if n != "region"))),
        "coverage_levels",
        names,
    )
