import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import plotly.graph_objects as go
import pytest

from shopkeeper.errors import Refused
from shopkeeper.exports import About, browser_path, chart_html, chart_png

FIGURE = go.Figure(go.Heatmap(z=[[1, None], [0.5, 0.25]], x=["0", "1"], y=["a", "b"]), layout={"title": "留存"})


class Tags(HTMLParser):
    """The tags of a page, and the addresses that they load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_a_chart_page_loads_nothing_from_elsewhere_and_says_where_it_comes_from(about: About) -> None:
    page = chart_html(FIGURE, about).decode()
    assert Tags(page).loads == []
    assert "plotly.js v" in page
    for text in ("2026-10-21", about.version, "女装, =1+1", "The customer bought in period k itself."):
        assert text in page


def test_a_chart_page_runs_no_text_as_markup(naughty: tuple[str, ...], about: About) -> None:
    everything = " ".join(naughty)
    hostile = replace(about, title=everything, filters=(), definitions=((everything, everything),), shop=everything)
    figure = go.Figure(FIGURE).update_layout(title=f"</script><script>alert(1)</script>{everything}")
    plain = replace(about, title="", filters=(), definitions=(("", ""),), shop="")
    assert Tags(chart_html(figure, hostile).decode()).tags == Tags(chart_html(FIGURE, plain).decode()).tags


def test_the_same_chart_gives_the_same_page(about: About) -> None:
    assert chart_html(FIGURE, about) == chart_html(FIGURE, about)


def test_a_picture_without_a_browser_is_refused_and_names_the_html(
    about: About, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "absent"))
    with pytest.raises(Refused, match="install Chromium, or take the HTML"):
        chart_png(FIGURE, about)


def test_a_browser_that_does_not_start_is_named(about: About, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    with pytest.raises(Refused, match=re.escape(str(broken))):
        chart_png(FIGURE, about)


@pytest.mark.skipif(browser_path() is None and not os.environ.get("CI"), reason="no Chromium or Chrome is installed")
def test_a_picture_is_a_png_that_grows_with_its_caption(about: About) -> None:
    long = replace(about, definitions=(("Exact", "bought in period k itself " * 40),))
    short_picture, long_picture = chart_png(FIGURE, about), chart_png(FIGURE, long)
    assert short_picture.startswith(b"\x89PNG")
    width, height = (int.from_bytes(short_picture[start : start + 4]) for start in (16, 20))
    assert (width, height < int.from_bytes(long_picture[20:24])) == (2400, True)
