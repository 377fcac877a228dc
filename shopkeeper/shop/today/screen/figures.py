"""The headline figures: one sentence, a tile each with its last weeks, and which days they are of."""

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.shop.today import table, words
from shopkeeper.shop.today.periods import TodayOptions
from shopkeeper.shop.today.report import Today
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import opened

TILE, WIDE_TILE, MOST_CHARACTERS = 174, 220, 7
"""Pixels: two tiles stand beside each other on a phone, unless a figure has more characters than that."""
PERIOD, AGAINST = "today_period", "today_against"
STATES = ("stock_value", "cover_days")
DEFINITIONS = (
    *words.MEASURES.values(),
    "period_to_date",
    "same_weekdays",
    "event_aligned",
    "contribution",
    "causes",
    "run_rate",
    "target_gap",
    "smaller_actions",
    "as_of",
)


def choose_options() -> TodayOptions:
    """Which period, against what."""
    periods = {"week": _("Week"), "month": _("Month"), "quarter": _("Quarter"), "year": _("Year")}
    against = {"before": _("Period before"), "year": _("Year ago"), "event": _("Event")}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        period = session.choose(_("Period to date"), periods, PERIOD, "month")
        base = session.choose(_("Against"), against, AGAINST, "before")
    return TodayOptions(period, base)  # type: ignore[arg-type]


def draw_answer(today: Today) -> DeltaGenerator:
    """The sentence and the tiles; give the container in which those of the stock follow."""
    currency = shop_currency()
    st.markdown(f"#### {words.headline(today, currency)}")
    tiles = st.container(horizontal=True, gap="xsmall")
    with tiles:
        for row in today.figures.to_dicts():
            _draw_tile(today, row["figure"], row["value"], row["weeks"], currency)
        stock = st.container(horizontal=True, gap="xsmall", width="content")
    if today.margin_share is not None and today.margin_share < 0.995 and today.figure("margin")["value"] is not None:
        st.caption(_("Margin is of the {share} of net revenue whose cost is known.", share=_share(today.margin_share)))
    for note in today.notes:
        st.caption(str(note))
    return stock


def _share(share: float) -> str:
    return i18n.share(share)


def _draw_tile(today: Today, name: str, number: float | None, weeks: list[float], currency: str) -> None:
    change, shown = words.change_words(today, name, currency), words.value(name, number, currency)
    is_comparable = change != i18n.MISSING
    st.metric(
        words.figure_label(name),
        shown,
        change,
        delta_color="normal" if is_comparable else "off",
        delta_arrow="auto" if is_comparable else "off",
        border=True,
        width=_width(shown),
        help=words.figure_help(name),
        chart_data=weeks or None,
        chart_type="line",
    )


def draw_stock(stock: dict[str, float | None]) -> None:
    """What there is of stock: a state, held against nothing."""
    for name in STATES:
        if (number := stock.get(name)) is not None:
            shown = words.value(name, number, shop_currency())
            st.metric(words.figure_label(name), shown, border=True, width=_width(shown), help=words.figure_help(name))


def _width(shown: str) -> int:
    """Two tiles stand side by side on a phone, unless their figure is long."""
    return TILE if len(shown) <= MOST_CHARACTERS else WIDE_TILE


def draw_days(today: Today, figures: pl.DataFrame) -> None:
    """The days of both spans, what the small lines are, and the figures as a file."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        weeks = max((len(weeks) for weeks in figures["weeks"]), default=0)
        lines = ngettext("Lines: the last {n} week.", "Lines: the last {n} weeks.", weeks) if weeks else ""
        st.caption(f"{words.days_words(today)}. {lines}", width="content")
        tables.download_menu(table.figures(opened().version, today, figures), "today_figures")
