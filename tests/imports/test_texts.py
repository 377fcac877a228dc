"""Texts are mended as a plain reading in Python says, whichever short way they take."""

import re
import unicodedata

import duckdb
import polars as pl
from duckdb import ColumnExpression
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.imports.checks.terms import BLANKS, filled
from shopkeeper.imports.checks.texts import COMPOSED, INVISIBLE, mended

ENDS = BLANKS + INVISIBLE
TEXTS = st.text(
    st.one_of(
        st.sampled_from(ENDS + '="é１Ａ＝\u0301\u3099\u302a가\u1100\u1161'),
        st.characters(min_codepoint=1, max_codepoint=0xFFFD, exclude_categories=("Cs", "Cn")),
    ),
    max_size=5,
)


def plainly(value: str) -> str:
    bare = value.strip(ENDS)
    if guarded := re.fullmatch(r'(?s)="(.*)"', bare):
        bare = guarded[1].strip(ENDS)
    return unicodedata.normalize("NFC", bare)


def narrowly(value: str) -> str:
    wide = range(0xFF01, 0xFF5F)
    return "".join(unicodedata.normalize("NFKC", each) if ord(each) in (*wide, 0x3000) else each for each in value)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(TEXTS, min_size=1, max_size=50))
def test_texts_are_mended_and_called_filled_as_python_would(
    values: list[str], connection: duckdb.DuckDBPyConnection
) -> None:
    rows = connection.from_arrow(pl.DataFrame({"value": values}).to_arrow())
    value = ColumnExpression("value")
    made = {"mended": mended(value), "key": mended(value, key=True), "filled": filled(value)}
    result = rows.project(value, *(each.alias(name) for name, each in made.items())).fetchall()
    assert result == [(each, plainly(each), narrowly(plainly(each)), bool(each.strip(BLANKS))) for each in values]


def test_characters_taken_for_composed_are_so_beside_any_other() -> None:
    ranges = re.findall(r"(.)-(.)", COMPOSED)
    characters = [chr(code) for first, last in ranges for code in range(ord(first), ord(last) + 1)]
    assert len(characters) > 39_000
    parts = [unicodedata.decomposition(chr(code)) for code in range(0x110000)]
    later = {int(part, 16) for each in parts if each and "<" not in each for part in each.split()[1:]}
    assert not [each for each in characters if unicodedata.combining(each) or ord(each) in later]
    assert all(unicodedata.is_normalized("NFC", each) for each in characters)
