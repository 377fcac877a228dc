"""Kaplan-Meier against Freireich et al. (1963), Blood 21: weeks in remission of 42 children, 6-MP or placebo."""

import math
from statistics import NormalDist

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.models.buying.survival import bounded, kaplan_meier, median
from tests.examples import MORE

ON_6MP = [6, 6, 6, 7, 10, 13, 16, 22, 23]
STILL_WELL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def children() -> pl.DataFrame:
    treated = pl.DataFrame({"duration": ON_6MP + STILL_WELL, "observed": [True] * 9 + [False] * 12}).with_columns(
        drug=pl.lit("6-MP")
    )
    return pl.concat([treated, pl.DataFrame({"duration": PLACEBO, "observed": True}).with_columns(drug=pl.lit("none"))])


def test_remission_of_leukaemia() -> None:
    curves = kaplan_meier(children(), by="drug")
    treated = curves.filter(pl.col("drug") == "6-MP")
    assert treated["duration"].to_list() == [0, *PUBLISHED]
    assert treated["survival"].to_list()[1:] == pytest.approx(list(PUBLISHED.values()), abs=5e-4)
    assert treated["at_risk"].to_list() == [21, 21, 17, 15, 12, 11, 7, 6]
    assert treated["censored"].to_list() == [0, 1, 1, 2, 0, 3, 0, 5]
    at_six = treated.row(1, named=True)
    assert (at_six["low"], at_six["high"]) == pytest.approx((0.6197, 0.9516), abs=1e-4)
    placebo = curves.filter(pl.col("drug") == "none")
    assert (median(treated), median(placebo)) == (23, 8)
    assert placebo["survival"].to_list()[-1] == pytest.approx(0)
    assert placebo["low"].to_list()[-1] is None
    assert treated.row(0, named=True)["low"] is None


def naive(rows: list[tuple[int, bool]]) -> list[tuple[int, int, int, float]]:
    survival, curve = 1.0, [(0, len(rows), sum(t == 0 and seen for t, seen in rows), 1.0)]
    for time in sorted({t for t, seen in rows if seen}):
        at_risk = sum(t >= time for t, _ in rows)
        events = sum(t == time and seen for t, seen in rows)
        survival *= 1 - events / at_risk
        if time == 0:
            curve = []
        curve.append((time, at_risk, events, survival))
    return curve


@MORE
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60))
def test_as_a_loop_would(rows: list[tuple[int, bool]]) -> None:
    times = pl.DataFrame(rows, schema=["duration", "observed"], orient="row")
    weighted = times.group_by("duration", "observed").agg(customers=pl.len())
    curve = kaplan_meier(weighted)
    expected = naive(rows)
    assert curve.equals(kaplan_meier(times))
    assert curve.select("duration", "at_risk", "events").rows() == [row[:3] for row in expected]
    assert curve["survival"].to_list() == pytest.approx([row[3] for row in expected])
    assert curve.select(pl.sum("events") + pl.sum("censored")).item() == len(rows)
    for low, survival, high in curve.select("low", "survival", "high").drop_nulls().rows():
        assert 0 <= low <= survival <= high <= 1
        assert math.isfinite(low + high)


def test_nobody_and_nonsense() -> None:
    empty = pl.DataFrame(schema={"duration": pl.Int64, "observed": pl.Boolean})
    assert kaplan_meier(empty).is_empty()
    waiting = pl.DataFrame({"duration": [3, 5], "observed": False})
    assert median(kaplan_meier(waiting)) is None
    with pytest.raises(ValueError, match="duration"):
        kaplan_meier(pl.DataFrame({"duration": [-1], "observed": True}))


def test_before_the_first_event_and_after_the_last_nothing_is_certain() -> None:
    curve = bounded(kaplan_meier(pl.DataFrame({"duration": [5, 5, 5, 8], "observed": [True, True, True, True]})))
    assert curve.select("duration", "survival").rows() == [(0, 1.0), (5, 0.25), (8, 0.0)]
    z2 = NormalDist().inv_cdf(0.975) ** 2
    assert curve.select("low", "high").row(0) == pytest.approx((4 / (4 + z2), 1.0))
    assert curve.select("low", "high").row(2) == pytest.approx((0.0, z2 / (1 + z2)))
