"""DERT: published figures of Pareto/NBD, and a very long sum of what each model expects."""

import itertools
import math

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import DAYS, BuyingModel, ParametricKind
from shopkeeper.models.buying.scoring import score
from shopkeeper.models.buying.value import DAYS_PER_YEAR, discounted_purchases, residual_purchases

NOTHING_OPEN = ((0.0,) * 4,) * 4
PARAMETERS = {
    "bg_nbd": (("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)),
    "mbg_nbd": (("r", 0.525), ("alpha", 6.183), ("a", 0.891), ("b", 1.614)),
    "pareto_nbd": (("r", 0.553), ("alpha", 10.58), ("s", 0.606), ("beta", 11.67)),
}
"""Published fits to the CDNOW sample, in weeks."""
HISTORIES = pl.DataFrame(
    {"frequency": [0, 1, 7, 29], "recency": [0.0, 20.0, 35.0, 38.0], "T": [30.0, 39.0, 39.0, 38.9], "customers": 1}
)


def model(kind: ParametricKind, parameters: tuple[tuple[str, float], ...] | None = None) -> BuyingModel:
    return BuyingModel(kind, "week", parameters or PARAMETERS[kind], NOTHING_OPEN, (), 0.0, 1)


def test_the_published_figures_of_clvtools_are_met() -> None:
    """CLVTools' walkthrough: apparel, 52 weeks, a continuous discount of 0.1 a week; x of a row from DERT / PAlive."""
    parameters = (("r", 0.7051437), ("alpha", 14.4026736), ("s", 0.1824524), ("beta", 2.9016049))
    apparel = model("pareto_nbd", parameters)
    a_year = math.expm1(0.1 * DAYS_PER_YEAR / DAYS["week"])
    rows = pl.DataFrame({"frequency": [0, 1, 1, 8], "recency": [0.0, 9.0, 9.0, 50.0], "T": 52.0, "customers": 1})
    residual = residual_purchases(apparel, rows, a_year)
    alive = score(apparel, rows, 301)
    assert residual[0] == pytest.approx(0.04136415, rel=1e-6)
    assert (alive["p_alive"][0], alive["expected_purchases"][0]) == pytest.approx((0.4007203, 1.031419), rel=1e-6)
    published = [0.04136415 / 0.4007203, 0.11770104 / 0.4715353, 0.21174772 / 0.8483062, 1.26282279 / 0.9909719]
    assert (residual / alive["p_alive"]).to_list() == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize("kind", PARAMETERS)
def test_it_is_what_a_very_long_horizon_sums_to(kind: ParametricKind) -> None:
    """Each purchase in the middle of its week for two years, of its two months for eighty more."""
    buying = model(kind)
    residual = residual_purchases(buying, HISTORIES, 0.3)
    formulas, ends = buying.formulas, [*range(1, 105), *range(112, 82 * 52, 8)]
    naive = np.zeros(HISTORIES.height)

    histories, before = Histories.of(HISTORIES), np.zeros(HISTORIES.height)
    for start, end in itertools.pairwise([0, *ends]):
        until = formulas.expected(histories, float(end))
        naive += (until - before) * 1.3 ** (-(start + end) / 2 * 7 / DAYS_PER_YEAR)
        before = until
    assert residual.to_list() == pytest.approx(naive.tolist(), rel=1e-3)


@pytest.mark.parametrize("kind", PARAMETERS)
def test_a_whole_life_is_worth_more_than_any_part_of_it_and_less_at_a_higher_discount(kind: ParametricKind) -> None:
    whole = residual_purchases(model(kind), HISTORIES, 0.1)
    assert (whole > discounted_purchases(model(kind), HISTORIES, 730, 0.1)).all()
    assert (residual_purchases(model(kind), HISTORIES, 0.2) < whole).all()


def test_without_a_discount_a_life_has_no_value() -> None:
    with pytest.raises(ValueError, match="no finite value"):
        residual_purchases(model("bg_nbd"), HISTORIES, 0.0)
