"""Tables and charts on the screen, and the same in a file."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from shopkeeper import exports, i18n
from shopkeeper.charts.style import for_file
from shopkeeper.contract.table import Column
from shopkeeper.engine.query import Scope
from shopkeeper.exports import About
from shopkeeper.exports.download import Download
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import definition
from shopkeeper.measures.measure import Format
from shopkeeper.ui import session
from shopkeeper.ui.opened import opened

FORMATS: dict[Format, str] = {
    "integer": "localized",
    "number": "%.2f",
    "quantity": "localized",
    "percent": "percent",
    "money": "accounting",
    "money_compact": "compact",
    "days": "localized",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GROUPED, LARGE, SMALL = 1000, 100, 0.1
"""Largest values of a column from which on its numbers are whole, have one decimal, and two; four below."""
TABLE_ROWS, MOST_ROWS = 15, 1000
"""Rows seen at once, and sent to the browser at most: more than anybody scrolls through; files have all."""
log = logging.getLogger(__name__)


def file_name(sheet: Download, extension: str, scope: Scope) -> str:
    """Known before the file is made: files that differ differ in choices, filters, version, scope or language."""
    contents = (sheet.report, sheet.choices, sheet.about, scope, extension)
    return exports.file_name(sheet.report, sheet.about, extension, repr(contents).encode(), sheet.choices)


def show_table(
    sheet: Download, key: str, *, download: bool = True, first: int = MOST_ROWS, words: Sequence[pl.Expr] = ()
) -> None:
    """The table's `first` rows, with a menu to download it whole where that is not drawn elsewhere.

    `words` put columns into the viewer's language, of the rows that are shown only.
    """
    if sheet.frame.is_empty():
        say_empty()
        return
    if download:
        with st.container(horizontal=True, horizontal_alignment="right"):
            download_menu(sheet, key)
    labels = [column for column in sheet.columns if column.name in sheet.frame.columns]
    frame = sheet.frame.head(first).with_columns(words)
    if frame.height < sheet.about.rows:
        shown, rows = i18n.integer(frame.height), i18n.integer(sheet.about.rows)
        st.caption(_("The first {shown} of {rows} rows; the download has all.", shown=shown, rows=rows))
    with st.container(key=f"{key}_table"):
        st.dataframe(
            **grid(frame.select(column.name for column in labels), labels),
            hide_index=True,
            height="content" if frame.height <= TABLE_ROWS else 420,
            placeholder=i18n.MISSING,
        )


def say_empty() -> None:
    """What to do where nothing fits."""
    st.info(_("Nothing in the data fits these choices. Widen the filters, or import data that has it."))


def grid(frame: pl.DataFrame, columns: Iterable[Column]) -> dict[str, Any]:
    """What `st.dataframe` takes: the frame's columns, each under its heading, its numbers as precise as is of use.

    Days are ISO. Other columns of `columns` than the frame's are left alone.
    """
    config: dict[str, Any] = {}
    for column in columns:
        if column.name not in frame.columns:
            continue
        values = frame[column.name]
        if values.dtype == pl.Date:
            config[column.name] = st.column_config.DateColumn(column.heading(), format="YYYY-MM-DD")
        elif column.format:
            decimals, shown = precision(column.format, values)
            if decimals is not None:
                frame = frame.with_columns(pl.col(column.name).round(decimals))
            config[column.name] = st.column_config.NumberColumn(column.heading(), format=shown)
        else:
            config[column.name] = st.column_config.Column(column.heading())
    return {"data": frame.to_arrow(), "column_config": config}


def precision(format: Format, values: pl.Series) -> tuple[int | None, str]:  # noqa: A002
    """Decimals to round a column to, `None` for all, and Streamlit's name of its format; the files have all digits.

    Numbers above a thousand are grouped, which Streamlit does with what a browser would write.
    """
    if format != "number" or not values.dtype.is_numeric():
        return None, FORMATS[format]
    sizes = values.cast(pl.Float64).fill_nan(None).abs()
    largest = float(sizes.max() or 0)  # type: ignore[arg-type]
    if largest >= GROUPED or (sizes == sizes.round()).all():
        return 0, "localized"
    decimals = 1 if largest >= LARGE else 2 if largest >= SMALL else 4
    return None, f"%.{decimals}f"


def download_menu(sheet: Download, key: str, draw: Callable[[], go.Figure] | None = None) -> None:
    """CSV and XLSX of the table, HTML and PNG of the chart that `draw` makes; each is made when it is clicked."""
    about, columns = sheet.about, sheet.columns
    files: list[tuple[str, str, Callable[[], bytes]]] = [
        ("csv", "text/csv", lambda: exports.to_csv(sheet.whole(), about)),
        ("xlsx", XLSX, lambda: exports.to_xlsx(sheet.whole(), about, columns)),
    ]
    if draw is not None:
        files.append(("html", "text/html", lambda: exports.chart_html(for_file(drawn(draw, about)), about)))
        if exports.browser_path():
            files.append(("png", "image/png", lambda: exports.chart_png(for_file(drawn(draw, about)), about)))
    with st.popover(_("Download"), icon=":material/download:", key=f"{key}_download"):
        for extension, mime, make in files:
            st.download_button(
                names()[extension],
                data=logged(make),
                file_name=file_name(sheet, extension, opened().scope),
                mime=mime,
                key=f"{key}_{extension}",
                on_click="ignore",
                width="stretch",
                type="tertiary",
            )
        if draw is not None and not exports.browser_path():
            st.caption(_("A picture needs Chromium or Chrome on the server; take the HTML."))


def names() -> dict[str, str]:
    """What a file is called in the menu, by its extension."""
    return {
        "csv": _("Table as CSV"),
        "xlsx": _("Table as Excel (XLSX)"),
        "html": _("Chart as a page (HTML)"),
        "png": _("Chart as a picture (PNG)"),
    }


def drawn(draw: Callable[[], go.Figure], about: About) -> go.Figure:
    """A file is made in another thread than the page, which speaks English unless told."""
    with i18n.speaking(about.language):
        return draw()


def logged(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same, but a fault is in the log: the browser says only that it failed."""

    def make_or_log() -> bytes:
        try:
            return make()
        except Exception:
            log.exception("a download could not be made")
            raise

    return make_or_log


def show_chart(
    draw: Callable[..., go.Figure], sheet: Download, key: str, *, title: str = "", select: bool = False, note: str = ""
) -> None:
    """A chart under its title, its table one click away, and both to download.

    `draw(dark=...)` is asked only when the chart is shown. With `select`, a click is in the state of `{key}_chart`.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(f"##### {title or sheet.about.title}", width="content")
        controls = st.container(horizontal=True, vertical_alignment="bottom", width="content")
    with controls:
        shown = session.choose(
            _("Show as"), {"chart": _("Chart"), "table": _("Table")}, f"{key}_as", "chart", hidden=True
        )
        download_menu(sheet, key, draw)
    if shown == "table":
        show_table(sheet, key, download=False)
        return
    figure = draw(dark=st.context.theme.type == "dark").update_layout(title=None)
    st.plotly_chart(
        figure,
        key=f"{key}_chart",
        on_select="rerun" if select else "ignore",
        selection_mode="points",
        config={"displayModeBar": False},
        alt=title or sheet.about.title,
    )
    if note:
        st.caption(note)


def explain(words: Sequence[str]) -> None:
    """Every word and measure in use, one click away."""
    with st.popover(_("How is this computed?"), icon=":material/function:", type="tertiary"):
        for name in words:
            label, text = definition(name)
            st.markdown(f"**{label}** — {text}")
