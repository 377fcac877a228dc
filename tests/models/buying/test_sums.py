"""What the customers of a segment share, by eye and by a naive sum."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.buying.out_of_time import Drift
from shopkeeper.models.buying.recalibration import Correction, HorizonRecalibration
from shopkeeper.models.buying.sums import out_of_time, why_wide

PURCHASES = Correction(np.log(0.5), Drift(0.0, 0.10, 6, 3.0, 200), Drift(0.0, 0.2), Drift(0.0, 0.3))
ONE = HorizonRecalibration(90, PURCHASES, PURCHASES, Drift(0.0, 0.05))
CUSTOMERS = pl.DataFrame(
    {
        "segment": ["typical", "typical", "frequent", "once", "nothing"],
        "frequency": [2, 1, 9, 0, 1],
        "expected_purchases": [0.5, 0.5, 0.5 * np.e, 0.5, 0.5],
        "value": [30.0, 70.0, 100.0, 100.0, None],
    }
)


def test_a_segment_strays_with_the_shop_and_more_where_its_customers_are_unlike_the_shops() -> None:
    deviations = {
        "typical": np.hypot(0.10, 0.05),
        "frequent": np.sqrt(0.10**2 + 0.2**2 + 0.05**2),
        "once": np.sqrt(0.10**2 + 0.3**2 + 0.05**2),
        "nothing": 0.0,
    }
    shared = dict(out_of_time(CUSTOMERS, ONE).rows())
    assert shared == {name: pytest.approx((100 * deviation) ** 2) for name, deviation in deviations.items()}


def test_it_does_not_average_out_over_customers() -> None:
    many = out_of_time(pl.concat([CUSTOMERS.filter(segment="once")] * 400), ONE)["out_of_time"].item()
    assert many == pytest.approx(400**2 * out_of_time(CUSTOMERS, ONE).filter(segment="once")["out_of_time"].item())


def test_the_reader_is_told_why_it_is_wide_until_a_year_was_tested() -> None:
    def with_days(cutoffs: int, days: int) -> HorizonRecalibration:
        shift = Drift(0.0, 0.1, cutoffs, float(cutoffs), days)
        return replace(ONE, purchases=replace(PURCHASES, shift=shift))

    assert "the last 200 days" in str(why_wide(with_days(3, 200)))
    assert "No prediction" in str(why_wide(with_days(0, 0)))
    assert why_wide(with_days(12, 365)) is None
