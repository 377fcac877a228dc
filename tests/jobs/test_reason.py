"""What is said of the default: figures that are small are not nothing."""

from dataclasses import replace
from datetime import date

import pytest

from shopkeeper import i18n
from shopkeeper.jobs.buying.contest import Cutoff
from shopkeeper.jobs.buying.reason import reason_of
from shopkeeper.models.buying.contest import Standing
from shopkeeper.models.buying.model import ModelKind

SPAN = (date(2024, 1, 1), date(2024, 12, 31))
CUTOFFS = (Cutoff(date(2024, 7, 1), 183),)


def standing(kind: ModelKind, behind: float, error: float, *, tied: bool) -> Standing:
    return Standing(kind, 1, -1.0 - behind, behind, error, tied, 100.0, 110.0, 0.1)


def said(behind: float, error: float, chosen: int, *, tied: bool = True) -> str:
    ranked = (standing("bg_nbd", 0.0, 0.0, tied=True), standing("nbd", behind, error, tied=tied))
    return str(reason_of(ranked, ranked[chosen], [], CUTOFFS, SPAN))


@pytest.mark.parametrize(("chosen", "tied"), [(0, True), (0, False), (1, True), (1, False)])
def test_what_is_small_is_said_in_two_digits(chosen: int, tied: bool) -> None:
    text = said(2.3873e-5, 0.0123456, chosen, tied=tied)
    assert "0.000024" in text
    assert "0.012" in text
    assert "0.0123" not in text


@pytest.mark.parametrize("chosen", [0, 1])
def test_what_is_alike_is_not_nothing_behind(chosen: int) -> None:
    text = said(3e-8, 1e-8, chosen)
    assert "alike" in text
    assert "standard error" not in text
    with i18n.speaking("zh_CN"):
        assert "0.0" not in said(0.0, 0.0, chosen)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5678, "1,234.568"), (0.5, "0.5"), (0.012345, "0.012"), (0.00024, "0.00024"), (-0.000246, "-0.00025"),
     (0.0, "0"), (7.0, "7"), (None, i18n.MISSING), (float("nan"), i18n.MISSING)],
)  # fmt: skip
def test_a_number_keeps_the_digits_that_count(value: float | None, text: str) -> None:
    assert i18n.significant(value) == text


@pytest.mark.parametrize(("off", "said_so"), [(0.05, "taken for its total"), (0.2, "because it assumes less")])
def test_who_is_farther_in_total_is_not_taken_for_it(off: float, said_so: str) -> None:
    leader, chosen = standing("pareto_nbd", 0.0, 0.0, tied=True), standing("mbg_nbd", 0.005, 0.001, tied=False)
    assert said_so in str(reason_of((leader, chosen), replace(chosen, off=off), [], CUTOFFS, SPAN))
