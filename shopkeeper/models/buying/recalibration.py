"""Probabilities and counts of a buying model, set right by what came after past cutoffs.

Log-odds of no purchase are shifted and stretched (Cox 1958, Biometrika 45; Platt 1999), and so are logarithms of
expected purchases; those of one-time buyers get a shift of their own: when these have left is what buying models
assume, and hardly see. That is three numbers each a horizon, pooled over cutoffs: more would learn the noise of one
past. What a past cutoff showed is kept in bins of customers alike, so that nothing here grows with customers.

*Outcomes* are a frame with one row per distinct history of a past cutoff (or finer): `frequency, recency, T` (in the
model's unit), `customers`, `buyers` (those who bought within the horizon) and `purchases` (of all of them in it).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit, logit  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.models.buying.model import DAYS, BuyingModel
from shopkeeper.models.buying.out_of_time import ONE_TIME, STRETCHES, TOTALS, WORTH, Drift, Miss, at_horizon, drift
from shopkeeper.models.buying.scoring import factorial_moment, score

BINS = 20
NEAREST = 1e-6
"""No probability is nearer to 0 or 1 than this: no rate of the past rules anything out."""
LEAST_SLOPE, MOST_SLOPE = 0.4, 2.5


@dataclass(frozen=True)
class Bin:
    """Customers alike at a past cutoff: `predicted` on the scale of the correction (log-odds, or logarithm).

    `exposure` is how many customers they are and `actual` how many bought nothing; or, of purchases, how many were
    expected and how many came.
    """

    one_time: bool
    predicted: float
    exposure: float
    actual: float


@dataclass(frozen=True)
class CutoffTest:
    """What one past cutoff showed at one horizon.

    `dispersion` is the variance of purchases by chance over their expectation. `worth`: by how much (logarithm) a
    purchase brought more than the model of spending said; None where that was not tested.
    """

    days_ago: int
    horizon_days: int
    risk: tuple[Bin, ...]
    purchases: tuple[Bin, ...]
    dispersion: float
    worth: Miss | None = None


@dataclass(frozen=True)
class Correction:
    """New = old + shift + stretch * (old - `centre`) + one_time (of those without a repeat purchase).

    Each of the three has a mean, which is used, and a deviation: how far the next outcome may lie from it.
    """

    centre: float
    shift: Drift
    stretch: Drift
    one_time: Drift

    def corrected(self, old: Floats, one_time: Flags) -> Floats:
        """Predictions on the correction's scale, set right."""
        slope = np.clip(1 + self.stretch.mean, LEAST_SLOPE, MOST_SLOPE)
        new: Floats = self.centre + slope * (old - self.centre) + self.shift.mean + self.one_time.mean * one_time
        return new

    def deviation(self, away: Floats, one_time: Floats) -> Floats:
        """How far what comes true may lie from what was set right; its 1.96-fold is held 95 times in 100.

        `away` are distances of the old prediction from `centre` and `one_time` 0 or 1; or both the means of a group.
        """
        parts = (self.shift.deviation, away * self.stretch.deviation, one_time * self.one_time.deviation)
        return np.asarray(np.sqrt(sum(part**2 for part in parts)))


@dataclass(frozen=True)
class HorizonRecalibration:
    """What is set right over one horizon: log-odds of no purchase, log expected purchases, log value of a purchase."""

    horizon_days: int
    risk: Correction
    purchases: Correction
    worth: Drift

    def p_no_purchase(self, predicted: Floats, frequency: Floats) -> Floats:
        """Probabilities of no purchase set right, never 0 or 1."""
        new: Floats = expit(self.risk.corrected(_log_odds(predicted), frequency == 0))
        return np.clip(new, NEAREST, 1 - NEAREST)

    def log_odds_deviation(self, predicted: Floats, frequency: Floats) -> Floats:
        """How far the log-odds that come true may lie from those set right."""
        return self.risk.deviation(_log_odds(predicted) - self.risk.centre, (frequency == 0) * 1.0)

    def expected_purchases(self, predicted: Floats, frequency: Floats) -> Floats:
        """Expected purchases set right."""
        return np.asarray(np.exp(self.purchases.corrected(_log(predicted), frequency == 0)))


@dataclass(frozen=True)
class Recalibration:
    """By tested horizon, the shortest first; horizons in between are interpolated. Empty: nothing is changed."""

    horizons: tuple[HorizonRecalibration, ...] = ()

    def at(self, days: int) -> HorizonRecalibration:
        """The recalibration of a horizon, tested or not; deviations are the priors' where nothing was tested."""
        worth = at_horizon([(one.horizon_days, one.worth) for one in self.horizons], days, WORTH)
        risk, purchases = (
            _correction_at([(one.horizon_days, getattr(one, name)) for one in self.horizons], days)
            for name in ("risk", "purchases")
        )
        return HorizonRecalibration(days, risk, purchases, worth)

    def apply(self, scores: pl.DataFrame, days: int) -> pl.DataFrame:
        """`scores` with `p_no_purchase` and `expected_purchases` set right for a horizon; other columns as they were.

        `scores` also have `frequency`. Nobody is expected to buy less often than he is likely to buy at all.
        """
        if not self.horizons:
            return scores
        one = self.at(days)
        columns = ("p_no_purchase", "expected_purchases", "frequency")
        risk, expected, frequency = (scores[name].cast(pl.Float64).to_numpy() for name in columns)
        p_no_purchase = one.p_no_purchase(risk, frequency)
        return scores.with_columns(
            p_no_purchase=pl.Series(p_no_purchase, dtype=pl.Float64),
            expected_purchases=pl.Series(np.maximum(one.expected_purchases(expected, frequency), 1 - p_no_purchase)),
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Recalibration":
        """The recalibration that `as_json` wrote."""
        return cls(
            tuple(
                HorizonRecalibration(
                    row["horizon_days"],
                    _correction_from(row["risk"]),
                    _correction_from(row["purchases"]),
                    Drift(**row["worth"]),
                )
                for row in content["horizons"]
            )
        )


def cutoff_test(
    model: BuyingModel,
    outcomes: pl.DataFrame,
    horizon_days: int,
    days_ago: int,
    worth: Miss | None = None,
    ahead: Callable[[int], float] = float,
) -> CutoffTest:
    """Hold a model that was fitted at a past cutoff, `days_ago`, against the `horizon_days` that followed.

    `ahead` says how long these are on the model's clock.
    Raise `ValueError` where the horizon reaches beyond as-of: what has not happened yet tests nothing.
    """
    horizon = ahead(horizon_days) / DAYS[model.unit]
    scores = score(model, outcomes, horizon).with_columns(factorial=factorial_moment(model, outcomes, horizon))
    return compared(scores, horizon_days, days_ago, worth)


def compared(scores: pl.DataFrame, horizon_days: int, days_ago: int, worth: Miss | None = None) -> CutoffTest:
    """The same of outcomes with scores: `p_no_purchase, expected_purchases, factorial` (E[n (n - 1)])."""
    if horizon_days > days_ago:
        raise ValueError(f"a horizon of {horizon_days} days from {days_ago} days ago has not closed")
    n, mean = pl.col("customers"), pl.col("expected_purchases")
    expected, chance = scores.select(
        expected=(mean * n).sum(), chance=((pl.col("factorial") + mean - mean**2) * n).sum()
    ).row(0)
    scales = {name: scores[name].to_numpy() for name in ("p_no_purchase", "expected_purchases")}
    ready = scores.select(
        n.cast(pl.Float64),
        one_time=pl.col("frequency") == 0,
        log_odds=pl.Series(_log_odds(scales["p_no_purchase"])),
        log_expected=pl.Series(_log(scales["expected_purchases"])),
        expected=mean * n,
        silent=(n - pl.col("buyers")).cast(pl.Float64),
        purchases=pl.col("purchases").cast(pl.Float64),
    )
    risk = _bins(ready, "log_odds", "customers", "silent")
    purchases = _bins(ready, "log_expected", "expected", "purchases")
    return CutoffTest(days_ago, horizon_days, risk, purchases, max(chance / max(expected, NEAREST), NEAREST), worth)


def recalibrate(tests: Sequence[CutoffTest]) -> Recalibration:
    """What the tests of one model at past cutoffs say of its next prediction, by horizon."""
    horizons = []
    for days in sorted({one.horizon_days for one in tests}):
        of_horizon = [one for one in tests if one.horizon_days == days]
        risk = _correction([(one.days_ago, one.risk, 1.0) for one in of_horizon], days, _binomial)
        purchases = _correction([(one.days_ago, one.purchases, one.dispersion) for one in of_horizon], days, _poisson)
        worth = drift([one.worth for one in of_horizon if one.worth], days, WORTH)
        horizons.append(HorizonRecalibration(days, risk, purchases, worth))
    return Recalibration(tuple(horizons))


Means = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Of bins with this linear predictor and exposure: expected outcome and its variance."""


def _binomial(eta: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    p = expit(eta)
    return exposure * p, exposure * p * (1 - p)


def _poisson(eta: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Exposure is in expected purchases already, so the predictor is what comes on top of them."""
    mean = exposure * np.exp(np.clip(eta, -20, 20))
    return mean, mean


def _correction(tests: Sequence[tuple[int, tuple[Bin, ...], float]], days: int, means: Means) -> Correction:
    """Coefficients of each cutoff (days ago, its bins, dispersion), pooled by `drift`."""
    bins = [each for _, bins, _ in tests for each in bins]
    predicted, exposure = _columns(bins, "predicted", "exposure")
    weight = means(predicted if means is _binomial else np.zeros_like(predicted), exposure)[1]
    centre = float(weight @ predicted / weight.sum())
    own = [_coefficients(bins, centre, dispersion, means) for _, bins, dispersion in tests]
    shift, stretch, one_time = (
        drift([Miss(days_ago, *each[at]) for (days_ago, _, _), each in zip(tests, own, strict=True)], days, prior)
        for at, prior in enumerate((TOTALS, STRETCHES, ONE_TIME))
    )
    return Correction(centre, shift, stretch, one_time)


def _coefficients(bins: Sequence[Bin], centre: float, dispersion: float, means: Means) -> list[tuple[float, float]]:
    """Shift, stretch and one-time shift of one cutoff, each with its variance: regression on the prediction as offset.

    Each is held near 0 so lightly that it only matters where the customers of a cutoff do not tell it.
    """
    predicted, exposure, actual, once = _columns(bins, "predicted", "exposure", "actual", "one_time")
    offset = predicted if means is _binomial else np.zeros_like(predicted)
    design = np.stack([np.ones_like(predicted), predicted - centre, once], axis=1)
    precision, beta = np.eye(3), np.zeros(3)
    hessian = precision
    for _ in range(50):
        mean, variance = means(offset + design @ beta, exposure)
        gradient = design.T @ (actual - mean) / dispersion - precision @ beta
        hessian = design.T @ (variance[:, None] * design) / dispersion + precision
        step = np.clip(np.linalg.solve(hessian, gradient), -1, 1)
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    return list(zip(beta.tolist(), np.diag(np.linalg.inv(hessian)).tolist(), strict=True))


def _bins(ready: pl.DataFrame, predicted: str, exposure: str, actual: str) -> tuple[Bin, ...]:
    """Of about equal exposure, one-time and repeat buyers apart, in the order of what was predicted."""
    weight = pl.col(exposure)
    share = ((weight.cum_sum() - weight / 2) / weight.sum()).over("one_time")
    rows = (
        ready.sort("one_time", predicted)
        .with_columns(bin=(share * BINS).floor())
        .group_by("one_time", "bin", maintain_order=True)
        .agg(
            predicted=(pl.col(predicted) * weight).sum() / weight.sum(),
            exposure=weight.sum(),
            actual=pl.col(actual).sum(),
        )
    )
    return tuple(Bin(**row) for row in rows.drop("bin").to_dicts())


def _correction_at(tested: Sequence[tuple[int, Correction]], days: int) -> Correction:
    three = [
        at_horizon([(horizon, getattr(one, name)) for horizon, one in tested], days, prior)
        for name, prior in (("shift", TOTALS), ("stretch", STRETCHES), ("one_time", ONE_TIME))
    ]
    places, centres = np.log([horizon for horizon, _ in tested]), [one.centre for _, one in tested]
    return Correction(float(np.interp(np.log(days), places, centres)) if centres else 0.0, *three)


def _correction_from(row: dict[str, Any]) -> Correction:
    return Correction(row["centre"], *(Drift(**row[name]) for name in ("shift", "stretch", "one_time")))


def _columns(bins: Sequence[Bin], *names: str) -> list[Floats]:
    return [np.array([getattr(each, name) for each in bins], dtype=np.float64) for name in names]


def _log_odds(p: Floats) -> Floats:
    odds: Floats = logit(np.clip(p, NEAREST, 1 - NEAREST))
    return odds


def _log(expected: Floats) -> Floats:
    return np.log(np.maximum(expected, NEAREST))
