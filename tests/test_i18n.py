import ast
import re
import string
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_file
from babel.messages.pofile import read_po

from shopkeeper import i18n
from shopkeeper.customers.retention.periods import PERIODS
from shopkeeper.i18n import LANGUAGES, gettext, ngettext
from tests.messages import called
from tests.paths import REPOSITORY as ROOT

EXTRACTOR = "tests.messages:extract"
KEYWORDS = {**DEFAULT_KEYWORDS, "message": None}

SOURCES = sorted(
    path
    for part in ("app.py", "pages", "shopkeeper")
    for path in [*ROOT.glob(part), *ROOT.glob(f"{part}/**/*.py")]
    if path.is_file()
)
SCREEN = [
    path
    for path in SOURCES
    if path.name == "app.py" or path.is_relative_to(ROOT / "pages") or path.parent.name in {"ui", "charts"}
]
CATALOGUES = {path.parent.parent.name: path for path in ROOT.glob("shopkeeper/locale/*/LC_MESSAGES/shopkeeper.po")}

TEXT_CALLS = {
    "button", "caption", "checkbox", "date_input", "dialog", "download_button", "error", "expander", "file_uploader",
    "form_submit_button", "header", "info", "link_button", "markdown", "metric", "multiselect", "number_input",
    "page_link", "pills", "popover", "radio", "segmented_control", "select_slider", "selectbox", "slider", "spinner",
    "status", "subheader", "success", "tabs", "text", "text_area", "text_input", "title", "toast", "toggle", "warning",
    "write",
}  # fmt: skip
TEXT_KEYWORDS = {
    "body", "caption", "captions", "error", "footer", "header", "help", "hovertemplate", "label", "legend_title",
    "message", "name", "page_title", "placeholder", "subtitle", "text", "ticksuffix", "title", "title_text",
    "xaxis_title", "yaxis_title",
}  # fmt: skip
NO_WORDS = {"Shopkeeper", "closed", "open", "mean"}
"""The product's name, and names of traces that are never shown."""


@pytest.fixture(autouse=True)
def _source_language() -> Iterator[None]:
    with i18n.speaking("en"):
        yield


def messages() -> dict[str | tuple[str, ...], str]:
    """Every message of the source, and the file that says it first."""
    result: dict[str | tuple[str, ...], str] = {}
    for path in SOURCES:
        for _, message, _, _ in extract_from_file(EXTRACTOR, path, KEYWORDS):
            result.setdefault(message, str(path.relative_to(ROOT)))
    for path in ROOT.glob("shopkeeper/imports/platforms/*.toml"):
        for _, message, _, _ in extract_from_file("tests.messages:extract_notes", path, KEYWORDS):
            result.setdefault(message, str(path.relative_to(ROOT)))
    return result


def catalogue(language: str) -> Catalog:
    with CATALOGUES[language].open("rb") as file:
        return read_po(file, locale=language)


def forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else [str(form) for form in text] if isinstance(text, list | tuple) else []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_but_the_source_has_a_catalogue() -> None:
    assert set(CATALOGUES) == set(LANGUAGES) - {i18n.SOURCE}


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_message_is_translated_and_no_other_is(language: str) -> None:
    source, held = messages(), {message.id: message for message in catalogue(language) if message.id}
    assert {str(key): source[key] for key in source if key not in held} == {}, "run `make messages`, then translate"
    assert set(held) - set(source) == set(), "obsolete: run `make messages`"
    assert [m.id for m in held.values() if not all(forms(m.string)) or m.fuzzy] == [], "translate these"
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_translations_keep_the_fields_of_their_source(language: str) -> None:
    def differs(message: Message) -> bool:
        wanted = set().union(*(fields(form) for form in forms(message.id)))
        return any(fields(form) != wanted for form in forms(message.string))

    assert [message.id for message in catalogue(language) if message.id and differs(message)] == []


def test_messages_are_written_out_where_they_are_marked() -> None:
    """A message that is glued together is never found by extraction."""
    glued = []
    for path in SOURCES:
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            marks = called(call) in {"_", "gettext", "ngettext", "N_"} and call.args
            if marks and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.IfExp):
                glued.append(f"{path.relative_to(ROOT)}:{call.lineno} {ast.unparse(call)}")
    assert glued == []


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ('_("a")', ["a"]), ('f"**{_(\'a\')}**"', ["a"]), ('_(LABELS["key"])', []),
        ('i18n.ngettext("a", "b", n)', [("a", "b")]),
        ('N_("a" "b")', ["ab"]), ('_("{n} of", n=f("x"))', ["{n} of"]), ('st.title("a")', []),
    ],
)  # fmt: skip
def test_extraction_finds_messages_and_nothing_else(source: str, messages: list[str | tuple[str, ...]]) -> None:
    extracted = extract(EXTRACTOR, BytesIO(source.encode()), KEYWORDS)
    assert [message for _, message, _, _ in extracted] == messages


def words(node: ast.expr) -> Iterator[str]:
    """Text literals that would be drawn as they are: not what a call such as `_("…")` is given, nor keys of a dict."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.List | ast.Tuple):
        for value in node.values if isinstance(node, ast.JoinedStr) else node.elts:
            yield from words(value)
    elif isinstance(node, ast.BinOp):
        yield from words(node.left)
        yield from words(node.right)
    elif isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)


def is_language(text: str) -> bool:
    """Whether a literal holds words, once Plotly's fields, tags and icons are taken out."""
    plain = re.sub(r"%\{[^}]*\}|<[^>]*>|:material/\w+:", " ", text)
    return text not in NO_WORDS and re.search(r"[^\W\d_]{2}", plain) is not None


def is_log(receiver: ast.expr) -> bool:
    return isinstance(receiver, ast.Name) and receiver.id.lower().strip("_") in {"log", "logger", "logging"}


def hard_coded(source: str) -> list[str]:
    """`line: text` of each literal that a Streamlit call, a helper or a figure would show untranslated."""
    result = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        shown = [keyword.value for keyword in call.keywords if keyword.arg in TEXT_KEYWORDS]
        if isinstance(call.func, ast.Attribute) and called(call) in TEXT_CALLS and not is_log(call.func.value):
            shown += call.args[:1]
        for argument in shown:
            result += [f"{call.lineno}: {text}" for text in words(argument) if is_language(text)]
    for pair in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Dict)):
        for key, value in zip(pair.keys, pair.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in TEXT_KEYWORDS:
                result += [f"{pair.lineno}: {text}" for text in words(value) if is_language(text)]
    return result


def test_no_text_on_the_screen_is_hard_coded() -> None:
    assert {
        str(path.relative_to(ROOT)): result for path in SCREEN if (result := hard_coded(path.read_text("utf-8")))
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        'st.title("Retention")', 'left.metric("Customers", 3)', 'st.selectbox(label="Period", options=PERIODS)',
        'st.button(_("Go"), help="Starts it")', 'st.markdown(f"{n} customers")', 'go.Layout(title="Share")',
        'figure.update_layout(xaxis={"title": "Months"})', 'go.Scatter(hovertemplate="<b>%{y}</b> Buyers")',
        'st.warning("Empty" if frame.is_empty() else _("Full"))', 'st.tabs(["Triangle", _("Curves")])',
        'show_table(frame, title="留存")',
    ],
)  # fmt: skip
def test_the_search_for_hard_coded_text_finds_it(source: str) -> None:
    assert len(hard_coded(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'st.title(_("Retention"))', 'st.button(_("Go"), key="go", icon=":material/play_arrow:")', 'st.columns(2)',
        'go.Scatter(hovertemplate=f"<b>%{{y}}</b> {words}<extra></extra>")', 'st.metric(labels["n"], integer(n))',
        'st.session_state.get("language")', 'st.markdown(":material/info: " + _("Note"))', 'st.title(t, anchor="x")',
        'log.error("failed to read %s", path)',
    ],
)  # fmt: skip
def test_the_search_for_hard_coded_text_leaves_the_rest_alone(source: str) -> None:
    assert hard_coded(source) == []


def test_a_message_is_translated_and_its_fields_are_filled() -> None:
    assert gettext("Cohort") == "Cohort"
    i18n.use("zh_CN")
    assert gettext("Cohort") == "同期群"
    assert gettext("{year}-W{week:02d}", year=2026, week=7) == "2026年第7周"
    assert gettext("not in the catalogue {n}", n=1) == "not in the catalogue 1"
    assert gettext("") == ""


def test_plurals_follow_the_language() -> None:
    assert [ngettext("{n} day", "{n} days", n) for n in (0, 1, 1234)] == ["0 days", "1 day", "1,234 days"]
    i18n.use("zh_CN")
    assert [ngettext("{n} day", "{n} days", n) for n in (0, 1, 1234)] == ["0 天", "1 天", "1,234 天"]


def test_a_language_belongs_to_its_thread_and_ends_with_its_block() -> None:
    heard: list[str] = []
    i18n.use("zh_CN")
    other = threading.Thread(target=lambda: heard.append(i18n.language()))
    other.start()
    other.join()
    assert heard == ["en"]
    with i18n.speaking("en"):
        assert gettext("Cohort") == "Cohort"
    assert i18n.language() == "zh_CN"


def test_an_unknown_language_is_an_error_that_names_the_known() -> None:
    with pytest.raises(KeyError, match="en, zh_CN"):
        i18n.use("fr")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"), ("zh", "zh_CN"), ("zh-TW", "zh_CN"), ("zh_CN", "zh_CN"), ("en-GB", "en"),
        ("fr,en;q=0.5,zh;q=0.8", "zh_CN"), ("zh;q=0,en", "en"), ("de", "en"), ("*", "en"), ("", "en"), (None, "en"),
        ("zh;q=x", "en"), ("en; q=0.5, zh-Hans; q=0.9", "zh_CN"),
    ],
)  # fmt: skip
def test_a_browser_is_answered_in_the_language_it_prefers(accepted: str | None, language: str) -> None:
    assert i18n.match_locale(accepted) == language


def test_compact_numbers_count_in_thousands_or_in_wan() -> None:
    values = [0, 0.25, 5.67, 999, 999.6, 1234, 9950, 12_345, 999_999, 1_234_567, 123_456_789, -1_234_567, 1_200_000_000]
    assert [i18n.compact(value) for value in values] == [
        "0", "0.25", "5.7", "999", "1K", "1.2K", "10K", "12K", "1M", "1.2M", "123M", "-1.2M", "1.2B",
    ]  # fmt: skip
    i18n.use("zh_CN")
    assert [i18n.compact(value) for value in values] == [
        "0", "0.25", "5.7", "999", "1000", "1234", "9950", "1.2万", "100万", "123万", "1.2亿", "-123万", "12亿",
    ]  # fmt: skip


def test_money_carries_its_currency_and_its_decimals() -> None:
    values: list[tuple[i18n.Number, str]]
    values = [(1234.5, "GBP"), (Decimal("-0.001"), "GBP"), (1234.5, "JPY"), (1234.5, "CNY"), (-5, "CNY")]
    assert [i18n.money(*value) for value in values] == ["£1,234.50", "£0.00", "¥1,235", "CN¥1,234.50", "-CN¥5.00"]
    assert [i18n.compact_money(value, "GBP") for value in (5.67, 123.4, 1_234_567)] == ["£5.67", "£123", "£1.2M"]
    i18n.use("zh_CN")
    assert [i18n.money(*value) for value in values] == ["£1,234.50", "£0.00", "JP¥1,235", "¥1,234.50", "-¥5.00"]
    assert [i18n.compact_money(value, "CNY") for value in (5.67, 123.4, 1_234_567)] == ["¥5.67", "¥123", "¥123万"]


def test_numbers_round_half_up_and_zero_has_no_sign() -> None:
    assert [i18n.number(2.345), i18n.integer(2.5), i18n.integer(-0.4), i18n.integer(1_234_567)] == [
        "2.35", "3", "0", "1,234,567",
    ]  # fmt: skip
    assert [i18n.percent(0.1255), i18n.percent(-0.0001), i18n.percent(1, 0)] == ["12.6%", "0.0%", "100%"]


def test_dates_and_periods_read_as_the_language_writes_them() -> None:
    day, at = date(2026, 2, 10), datetime(2026, 2, 10, 20, 4, 5, tzinfo=UTC)
    assert [i18n.period_label(period, day) for period in PERIODS] == ["Feb 10, 2026", "2026-W07", "Feb 2026", "Q1 2026"]
    assert i18n.date_(day) == "Feb 10, 2026"
    i18n.use("zh_CN")
    assert [i18n.period_label(period, day) for period in PERIODS] == [
        "2026年2月10日",
        "2026年第7周",
        "2026年2月",
        "2026年第1季度",
    ]
    assert i18n.date_(day) == "2026年2月10日"
    assert i18n.moment(at, "Asia/Shanghai") == "2026年2月11日 04:04:05"


def test_a_week_belongs_to_its_iso_year() -> None:
    assert [i18n.week(date(2027, 1, 3)), i18n.week(date(2027, 1, 4))] == ["2026-W53", "2027-W01"]


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_a_missing_number_is_a_dash(missing: float | None) -> None:
    formats = (i18n.number, i18n.integer, i18n.percent, i18n.compact, i18n.days)
    assert {form(missing) for form in formats} == {"\N{EN DASH}"}
    assert {i18n.money(missing, "CNY"), i18n.compact_money(missing, "CNY")} == {"\N{EN DASH}"}


def test_a_missing_day_is_a_dash() -> None:
    assert {i18n.date_(None), i18n.period_label("week", None), i18n.moment(None, "UTC")} == {"\N{EN DASH}"}


def test_a_change_says_which_way_it_goes() -> None:
    assert [i18n.change(value) for value in (0.125, -0.03, 0, None)] == ["+12.5%", "-3.0%", "0.0%", i18n.MISSING]
