"""A chart as a page that needs no network, or as a picture; both say where they come from."""

import os
import shutil
from html import escape
from pathlib import Path
from textwrap import wrap

import kaleido
import plotly.graph_objects as go
from choreographer.channels import ChannelClosedError
from choreographer.errors import BrowserDepsError, BrowserFailedError, ChromeNotFoundError

from shopkeeper import i18n
from shopkeeper.errors import Refused
from shopkeeper.exports.about import About
from shopkeeper.i18n import gettext as _
from shopkeeper.messages import message

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDTH, HEIGHT, LINE = 1200, 675, 17
PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 1rem; }} dt {{ font-weight: 600; }} dd {{ margin: 0 0 .5rem; }}</style>
</head>
<body>
{chart}
<dl>
{pairs}
</dl>
</body>
</html>
"""


def chart_html(figure: go.Figure, about: About) -> bytes:
    """One file with plotly.js inside; the same figure and About give the same bytes."""
    chart = figure.to_html(
        full_html=False, include_plotlyjs=True, div_id="chart", config={"responsive": True, "displaylogo": False}
    )
    with i18n.speaking(about.language):
        pairs = (*about.facts(), (_("Filters"), about.filter_text()), *about.definitions)
    return PAGE.format(
        language=about.language.replace("_", "-"),
        title=escape(about.title),
        chart=chart,
        pairs="\n".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in pairs),
    ).encode()


def chart_png(figure: go.Figure, about: About) -> bytes:
    """A picture of 2400 pixels' width, and higher the longer its caption; takes seconds.

    Raise `Refused` where no Chromium or Chrome is installed (or named by `BROWSER_PATH`), or where it does not start.
    """
    browser = browser_path()
    if browser is None:
        raise Refused(
            message("A picture needs Chromium or Chrome, and none was found; install Chromium, or take the HTML.")
        )
    captioned, height = _captioned(figure, about)
    try:
        content = kaleido.calc_fig_sync(
            captioned.to_dict(),
            opts={"format": "png", "width": WIDTH, "height": height, "scale": 2},
            kopts={"path": browser, "mathjax": False},
        )
    except (BrowserDepsError, BrowserFailedError, ChannelClosedError, ChromeNotFoundError) as failure:
        raise Refused(
            message("The browser {path} did not start; mend its installation, or take the HTML.", path=browser)
        ) from failure
    return bytes(content)


def browser_path() -> str | None:
    """The browser that draws pictures: the one that `BROWSER_PATH` names, else the first one installed."""
    named = os.environ.get("BROWSER_PATH")
    if named:
        return named if Path(named).is_file() else None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _captioned(figure: go.Figure, about: About) -> tuple[go.Figure, int]:
    """The figure with its caption below, and the height of both in pixels."""
    facts = " · ".join(f"{label}: {value}" for label, value in about.facts())
    text = [facts, about.filter_text(), *(f"{label}: {definition}" for label, definition in about.definitions)]
    lines = [escape(line) for paragraph in text for line in wrap(paragraph, width=_letters(paragraph))]
    captioned = go.Figure(figure)
    below = captioned.layout.margin.b or 80
    captioned.update_layout(margin_b=below + LINE * len(lines))
    captioned.add_annotation(
        text="<br>".join(lines),
        align="left",
        showarrow=False,
        font_size=12,
        x=0,
        xref="paper",
        xanchor="left",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-below,
    )
    return captioned, HEIGHT + LINE * len(lines)


def _letters(text: str) -> int:
    """Letters that fit on a caption line; a Chinese one is as wide as two others."""
    wide = sum(ord(letter) > 0x2E80 for letter in text)
    return int(165 / (1 + wide / max(1, len(text))))
