"""Short names: none like another, and none longer than its place."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper import i18n
from shopkeeper.charts.names import short_names
from shopkeeper.query_files import ROOT

PROVINCES = pl.read_parquet(ROOT / "sample_data" / "regions.parquet")["region"].to_list()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_two_provinces_look_alike_on_the_map_in_either_language(language: str) -> None:
    with i18n.speaking(language):
        names = short_names(PROVINCES, 6)
    assert len(set(names.values())) == len(PROVINCES)
    assert names["广东 Guangdong"] == {"en": "GD", "zh_CN": "广东"}[language]


def test_names_that_fit_stay_and_a_shop_of_its_own_regions_keeps_their_beginnings() -> None:
    assert list(short_names(["North", "South"], 6).values()) == ["North", "South"]
    assert list(short_names(["Western Isles", "Highland"], 6).values()) == ["Weste…", "Highl…"]


def test_two_that_begin_alike_are_told_by_their_ends_or_by_number() -> None:
    assert list(short_names(["Upper Aston", "Upper Barnes"], 7).values()) == ["Uppe…on", "Uppe…es"]
    assert list(short_names(["Kitchen and dining", "Kitchen and lining"], 9).values()) == ["Kitchen…1", "Kitchen…2"]


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=30), st.integers(6, 16))
def test_any_names_fit_and_differ(names: list[str], letters: int) -> None:
    short = short_names(names, letters)
    assert list(short) == names
    assert all(len(each) <= letters for each in short.values())
    assert len(set(short.values())) == len(names)
