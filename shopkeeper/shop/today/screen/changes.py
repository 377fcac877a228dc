"""Where the change of a figure comes from: each channel's, region's or category's part of it."""

import polars as pl
import streamlit as st

from shopkeeper.i18n import gettext as _
from shopkeeper.shop.today import contributions, table, why, words
from shopkeeper.shop.today.chart import contribution_bars, drawn_parts
from shopkeeper.shop.today.contributions import DIMENSIONS
from shopkeeper.shop.today.report import Today
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import shop_currency
from shopkeeper.ui.opened import load, opened

FIGURE, BY = "today_figure", "today_by"


def draw_changes(today: Today) -> None:
    """The parts of the chosen figure's change; their values alone where there is nothing to compare with."""
    there = today.figures["figure"].to_list()
    figures = {name: words.figure_label(name) for name in DIMENSIONS if name in there}
    if not figures:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        figure = session.choose(_("What changed"), figures, FIGURE, next(iter(figures)))
        kinds = {by: name for by, name in table.dimensions().items() if by in DIMENSIONS[figure]}
        divided = next((by for by in kinds if _parts(figure, by, today).height > 1), next(iter(kinds)))
        by = session.choose(_("Divided by"), {str(name): word for name, word in kinds.items()}, BY, divided)
    parts = _parts(figure, by, today)
    if today.compared.base is None:
        # Columns of nothing but dashes tell nothing.
        parts = parts.select("part", "value")
    sheet = table.contributions(opened().version, today, figure, by, parts)  # type: ignore[arg-type]
    if today.compared.base is None:
        st.markdown(f"##### {sheet.about.title}")
        tables.show_table(sheet, "today_parts")
        return
    currency = shop_currency()
    texts = [words.signed(figure, change, currency) for change in drawn_parts(parts)["change"]]
    title = _(
        "{figure} {period} against {base}: {change}, of which",
        figure=words.figure_label(figure),
        period=words.period_words(today),
        base=words.base_words(today),
        change=words.change_words(today, figure, currency),
    )
    tables.show_chart(lambda **_dark: contribution_bars(parts, texts), sheet, "today_parts", title=title)


def draw_why(today: Today) -> None:
    """The causes of the change of net revenue and of the average order, where there is something to compare with."""
    made = load(why.report, today.compared)
    if made.rows.is_empty():
        return
    with st.expander(_("Why did this change?"), icon=":material/call_split:"):
        for figure in why.CAUSES:
            rows = made.rows.filter(pl.col("figure").eq(figure) & pl.col("amount").is_not_null())
            parts = " · ".join(
                f"{_(words.CAUSES[name])}: **{words.signed(figure, amount, shop_currency())}**"
                for name, amount in rows.select("cause", "amount").iter_rows()
            )
            change = words.change_words(today, figure, shop_currency())
            st.markdown(f"{words.figure_label(figure)} {change}: {parts}")
        tables.show_table(table.why(opened().version, today, made), "today_why")


def _parts(figure: str, by: str, today: Today) -> pl.DataFrame:
    return load(contributions.report, figure, by, today.compared).parts  # type: ignore[arg-type]
