"""Which contestant is believed: score, its chance, and the total; and samples that stand for all."""

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.contest import Foresight, Standing, choice, standings
from shopkeeper.models.buying.model import ModelKind, fit
from shopkeeper.models.buying.sampling import thinned
from tests.models.buying import cdnow
from tests.models.buying.shoppers import TRUTH, simulate


def standing(kind: ModelKind, behind: float, off: float = 0.0, error: float = 0.001) -> Standing:
    return Standing(kind, 3, -0.6 - behind, behind, error, behind <= 2 * error, 100.0, 100.0, off)


@pytest.mark.parametrize(
    ("ranked", "once", "kind"),
    [
        ([standing("pareto_nbd", 0), standing("mbg_nbd", 0.003)], 0.2, "pareto_nbd"),  # a clear winner, right in total
        ([standing("pareto_nbd", 0), standing("mbg_nbd", 0.001)], 0.2, "mbg_nbd"),  # tied: the simpler
        (
            [standing("mbg_nbd", 0, 0.21), standing("pareto_nbd", 0.001, 0.05)],
            0.2,
            "pareto_nbd",
        ),  # tied, and right
        ([standing("mbg_nbd", 0, 0.21), standing("pareto_nbd", 0.004, 0.05)], 0.2, "pareto_nbd"),  # nearly, and right
        ([standing("mbg_nbd", 0, 0.21), standing("pareto_nbd", 0.1, 0.05)], 0.2, "mbg_nbd"),  # far behind
        ([standing("bg_nbd", 0), standing("pareto_nbd", 0.001)], 0.7, "pareto_nbd"),  # many bought once
        ([standing("bg_nbd", 0), standing("pareto_nbd", 0.01)], 0.7, "bg_nbd"),  # and nothing is tied
        ([standing("mbg_nbd", 0), standing("hiatus", 0.001)], 0.7, "hiatus"),  # a rule may win
        ([standing("mbg_nbd", 0), standing("hiatus", 0.05, error=0.04)], 0.7, "mbg_nbd"),  # not for want of customers
        ([standing("mbg_nbd", 0, 0.30), standing("bg_nbd", 0.001, 0.29)], 0.2, "mbg_nbd"),  # as wrong as each other
    ],
)
def test_the_choice_follows_its_rule(ranked: list[Standing], once: float, kind: ModelKind) -> None:
    believed = choice(ranked, once)
    assert believed is not None
    assert believed.kind == kind


def test_no_contestant_is_no_choice() -> None:
    assert choice(standings([], {"nbd"}), 0.5) is None


def foresight(*scores: float, expected: float = 9.0, came: float = 10.0) -> Foresight:
    return Foresight(np.array(scores), expected, came)


ONE_EACH: Floats = np.ones(4)


def test_differences_are_of_the_same_customers_and_their_errors_go_together() -> None:
    """Differences 1, 1, 3, 3: mean 2, standard deviation 1, error 1 / 2; a second cutoff alike makes it no smaller."""
    cutoff: dict[ModelKind, Foresight] = {
        "nbd": foresight(-2, -2, -4, -4),
        "mbg_nbd": foresight(-1, -1, -1, -1, expected=20.0),
    }
    for cutoffs in (1, 2):
        best, other = standings([(ONE_EACH, cutoff)] * cutoffs, {"nbd", "mbg_nbd"})
        assert (best.kind, best.behind, best.standard_error) == ("mbg_nbd", 0, 0)
        assert (other.behind, other.standard_error, other.tied) == (2, 0.5, False)
        assert best.off == pytest.approx(np.log(20.5 / 10.5))
        assert (best.expected, best.came) == (20 * cutoffs, 10 * cutoffs)
    twice = standings([(ONE_EACH * 2, cutoff)], {"nbd", "mbg_nbd"})[1]
    assert twice.standard_error == pytest.approx(0.5 / 2**0.5), "each row stands for two"


def test_only_who_can_serve_takes_part_and_cutoffs_of_fewer_do_not_count() -> None:
    early: dict[ModelKind, Foresight] = {"nbd": foresight(0, 0, 0, 0)}
    late: dict[ModelKind, Foresight] = {"nbd": foresight(-2, -2, -4, -4), "mbg_nbd": foresight(-1, -1, -1, -1)}
    ranked = standings([(ONE_EACH, early), (ONE_EACH, late)], {"nbd", "mbg_nbd"})
    assert [(one.kind, one.cutoffs) for one in ranked] == [("mbg_nbd", 1), ("nbd", 1)]
    assert [one.cutoffs for one in standings([(ONE_EACH, early), (ONE_EACH, late)], {"nbd"})] == [2]


def test_a_sample_of_histories_speaks_for_all() -> None:
    rows = simulate("mbg_nbd", TRUTH["mbg_nbd"], 30_000, 104, 0, seed=4).drop("holdout")
    tuples = cdnow.tuples(
        rows.with_columns(
            recency=pl.when(pl.col("frequency") > 0).then(pl.col("recency").round(1).clip(0.1)).otherwise(0.0)
        )
    )
    sample = thinned(tuples, 3_000)
    assert tuples.height > 10_000
    assert sample.height <= 3_000
    sums = [
        frame.select((pl.col("frequency", "T", "recency") * pl.col("customers")).sum()) for frame in (tuples, sample)
    ]
    assert sample["customers"].sum() == pytest.approx(30_000, rel=1e-3)
    assert sums[1].row(0) == pytest.approx(sums[0].row(0), rel=0.02)
    assert sample["log_times"].sum() == pytest.approx(tuples["log_times"].sum(), rel=0.03)
    assert fit(sample, "mbg_nbd", "week").values == pytest.approx(fit(tuples, "mbg_nbd", "week").values, rel=0.12)
    assert thinned(tuples, 10**6).equals(tuples)
