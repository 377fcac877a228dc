"""Proof: a model fitted on the first part of this merchant's past, held against what then happened."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

import numpy as np
import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_viewer
from shopkeeper.customers.model_check.frames import (
    BY_FREQUENCY,
    CUTOFF_TESTS,
    FIGURES,
    HISTOGRAM,
    HORIZON_TESTS,
    PARAMETERS,
    PURCHASES,
    RISK,
    STANDINGS,
    TRACKING,
    TRIALS,
)
from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.reason import season_reason
from shopkeeper.jobs.buying.result import Fits, kind_name
from shopkeeper.messages import Message
from shopkeeper.models.buying.calibration import (
    RISK_DAYS,
    in_units,
    purchases_by_frequency,
    purchases_by_tenth,
    risk_by_tenth,
)
from shopkeeper.models.buying.model import DAYS, BuyingModel, ModelKind
from shopkeeper.models.buying.scoring import expected_new_customer, probability_of_n
from shopkeeper.models.buying.season import NO_SEASON, Clock
from shopkeeper.models.intervals import wilson

MOST = 7
"""Frequencies from here on are counted together."""
WEEK = 7


@dataclass(frozen=True)
class ModelCheck:
    """The contest of models and rules, and the test of one of them: empty without a split.

    It was made of days up to `calibration_end`, tested on those after it up to `as_of`. A rule says nothing of new
    customers, so its `histogram` and `tracking` are empty.
    `reason` says why the default is the default, `season` whether models count by the time of the year, `notes` what
    fell short.
    """

    kind: ModelKind | None
    as_of: date
    calibration_end: date | None
    reason: Message
    season: Message
    notes: tuple[Message, ...]
    trials: Annotated[pl.DataFrame, TRIALS]
    standings: Annotated[pl.DataFrame, STANDINGS]
    cutoff_tests: Annotated[pl.DataFrame, CUTOFF_TESTS]
    horizon_tests: Annotated[pl.DataFrame, HORIZON_TESTS]
    parameters: Annotated[pl.DataFrame, PARAMETERS]
    purchases: Annotated[pl.DataFrame, PURCHASES]
    risk: Annotated[pl.DataFrame, RISK]
    by_frequency: Annotated[pl.DataFrame, BY_FREQUENCY]
    histogram: Annotated[pl.DataFrame, HISTOGRAM]
    tracking: Annotated[pl.DataFrame, TRACKING]

    @property
    def expected(self) -> float:
        """Purchases predicted for the whole holdout, of all customers."""
        return self._purchases("predicted")

    @property
    def happened(self) -> float:
        """Purchases that came in it."""
        return self._purchases("actual")

    @property
    def off(self) -> float | None:
        """Predicted / actual - 1; `None` where nothing came."""
        return self.expected / self.happened - 1 if self.happened else None

    def _purchases(self, column: str) -> float:
        return float(self.purchases.select((pl.col(column) * pl.col("customers")).sum()).item())


def report(query: Query, fits: Fits, kind: ModelKind | None = None) -> ModelCheck:
    """Test the model asked for, else the default. Raise `Refused` where the viewer sees only a part of histories."""
    check_viewer(query, CustomerFilters())
    used = kind if kind and fits.calibrated_contestant(kind) else fits.chosen
    notes = fits.notes
    if kind and used != kind:
        text = N_("{wanted} could not be fitted; {used} serves instead.")
        notes = (Message(text, {"wanted": kind_name(kind), "used": kind_name(used) if used else "-"}), *notes)
    split = fits.calibration_end
    contest = (_trials(fits), _standings(fits), *_tests(fits))
    summary = (used, fits.as_of, split, fits.reason, season_reason(fits), notes, *contest, _parameters(fits))
    model = fits.calibrated_contestant(used) if used else None
    if model is None or split is None:
        return ModelCheck(*summary, *(pl.DataFrame(schema=table.schema()) for table in _TESTED))
    days = (fits.as_of - split).days
    days_of_split = {"calibration_end": split, "as_of": fits.as_of}
    clock = Clock(fits.calibrated_time if isinstance(model, BuyingModel) else NO_SEASON, split)
    held = query("customers/model_check/holdout", **days_of_split, risk_days=RISK_DAYS)
    held, ahead = in_units(clock.histories(held), model.unit), clock.ahead(days)
    low, high = wilson(pl.col("stayed_away").cast(pl.Float64), pl.col("customers"))
    histogram, tracking = (pl.DataFrame(schema=table.schema()) for table in (HISTOGRAM, TRACKING))
    if isinstance(model, BuyingModel):
        bought = query("customers/model_check/tracking", **days_of_split)
        histogram, tracking = _histogram(model, held), _tracking(model, bought, clock, fits.as_of)
    return ModelCheck(
        *summary,
        purchases_by_tenth(model, held, ahead),
        risk_by_tenth(model, held, clock.ahead(RISK_DAYS)).with_columns(low=low, high=high).drop("stayed_away"),
        purchases_by_frequency(model, held, ahead, MOST),
        histogram,
        tracking,
    )


_TESTED = (PURCHASES, RISK, BY_FREQUENCY, HISTOGRAM, TRACKING)


def _trials(fits: Fits) -> pl.DataFrame:
    rows = [
        {
            **{name: getattr(trial, name) for name in ("kind", "customers", *FIGURES)},
            "chosen": trial.kind == fits.chosen,
            "refused": trial.refused.text.format(**trial.refused.values) if trial.refused else None,
        }
        for trial in fits.holdout_tests
    ]
    return pl.DataFrame(rows, schema=TRIALS.schema())


def _standings(fits: Fits) -> pl.DataFrame:
    rows = [
        {
            "kind": one.kind,
            "chosen": one.kind == fits.chosen,
            "log_score": one.log_score,
            "behind": one.behind,
            "standard_error": one.standard_error,
            "tied": one.tied,
            "expected_total": one.expected,
            "came_total": one.came,
            "total_off": one.expected / one.came - 1 if one.came else None,
            "cutoffs": one.cutoffs,
        }
        for one in fits.standings
    ]
    return pl.DataFrame(rows, schema=STANDINGS.schema())


def _tests(fits: Fits) -> tuple[pl.DataFrame, pl.DataFrame]:
    """By cutoff, and by cutoff and horizon; the latest cutoff first, and in it the contestant that foresaw best."""
    whole, horizons = [], []
    for test in fits.tests:
        if test.log_likelihood is None or test.predicted is None or test.came is None:
            continue
        keys = {"cutoff": test.cutoff, "kind": test.kind}
        whole.append(
            {
                **keys,
                "days": test.days,
                "customers": test.customers,
                "log_score": test.log_likelihood / max(test.customers, 1),
                "expected_total": test.predicted,
                "came_total": test.came,
                "total_off": test.predicted / test.came - 1 if test.came else None,
                "mae": test.mae,
            }
        )
        horizons += [
            {
                **keys,
                "horizon_days": one.days,
                "brier": one.brier,
                "calibration_error": one.calibration_error,
                "worst_tenth": one.worst_tenth,
                "risk": one.predicted,
                "happened": one.happened,
            }
            for one in test.horizons
        ]
    by_cutoff = pl.DataFrame(whole, schema=CUTOFF_TESTS.schema()).sort(
        "cutoff", "log_score", descending=True, maintain_order=True
    )
    by_horizon = pl.DataFrame(horizons, schema=HORIZON_TESTS.schema()).sort(
        "cutoff", "horizon_days", "brier", descending=[True, False, False], maintain_order=True
    )
    return by_cutoff, by_horizon


def _parameters(fits: Fits) -> pl.DataFrame:
    """95 % intervals on the log scale: parameters are above 0, and so are their intervals."""
    rows: list[tuple[str, str, float, float | None]] = [
        (kind, name, value, dict(model.standard_errors)[name])
        for kind, model in fits.models.items()
        for name, value in model.parameters
    ]
    rows += [(kind, "k", float(model.k), None) for kind, model in fits.models.items() if kind == "mbg_cnbd"]
    schema = {"kind": pl.String, "parameter": pl.String, "value": pl.Float64, "standard_error": pl.Float64}
    ratio = (1.96 * pl.col("standard_error") / pl.col("value")).exp()
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        low=pl.col("value") / ratio, high=pl.col("value") * ratio
    )


def _histogram(model: BuyingModel, held: pl.DataFrame) -> pl.DataFrame:
    """Customers by repeat purchases in the calibration; T is taken to the week, which moves no bar visibly."""
    actual = held.group_by(frequency=pl.col("frequency").clip(upper_bound=MOST)).agg(actual=pl.col("customers").sum())
    width = WEEK / DAYS[model.unit]
    lengths = held.group_by(week=(pl.col("T") / width).floor()).agg(
        customers=pl.col("customers").sum(), T=(pl.col("T") * pl.col("customers")).sum() / pl.col("customers").sum()
    )
    expected = [0.0] * MOST
    for _week, customers, length in lengths.sort("week").iter_rows():
        for n in range(MOST):
            expected[n] += customers * probability_of_n(model, length, n)
    expected.append(max(0.0, float(held["customers"].sum()) - sum(expected)))
    bars = pl.DataFrame({"frequency": list(range(MOST + 1)), "predicted": expected})
    return (
        bars.with_columns(pl.col("frequency").cast(pl.Int32))
        .join(actual.with_columns(pl.col("frequency").cast(pl.Int32)), on="frequency", how="left")
        .select("frequency", pl.col("actual").fill_null(0), "predicted")
        .sort("frequency")
    )


def _tracking(model: BuyingModel, days: pl.DataFrame, clock: Clock, as_of: date) -> pl.DataFrame:
    """Repeat purchases by week: of the customers known at the split, each expected from the own first purchase on."""
    first = days["day"].min()
    if not isinstance(first, date):
        return pl.DataFrame(schema=TRACKING.schema())
    length = (as_of - first).days
    acquired = [0] * (length + 1)
    repeats = [0] * (length + 1)
    for day, new, again in days.iter_rows():
        acquired[(day - first).days] += new
        repeats[(day - first).days] += again
    passed = clock.time.horizons(first, np.arange(length + 1, dtype=np.float64))
    curve = _curve(model, math.ceil(passed[-1]))
    ends = [end for end in range(length % WEEK, length + 1, WEEK) if end > 0]
    new, lengths = np.array(acquired), np.arange(len(curve))
    predicted = [float(new[: end + 1] @ np.interp(passed[end] - passed[: end + 1], lengths, curve)) for end in ends]
    actual = [sum(repeats[: end + 1]) for end in ends]
    schema = {"day": pl.Date, "cumulative_actual": pl.Int64, "cumulative_predicted": pl.Float64}
    weeks = pl.DataFrame(
        {
            "day": [first + timedelta(days=end) for end in ends],
            "cumulative_actual": actual,
            "cumulative_predicted": predicted,
        },
        schema=schema,
    )
    return weeks.select(
        "day",
        actual=pl.col("cumulative_actual").diff().fill_null(pl.col("cumulative_actual")),
        predicted=pl.col("cumulative_predicted").diff().fill_null(pl.col("cumulative_predicted")),
        cumulative_actual="cumulative_actual",
        cumulative_predicted="cumulative_predicted",
        holdout=pl.col("day") > clock.as_of,
    )


def _curve(model: BuyingModel, length: int) -> list[float]:
    """Expected repeat purchases of one customer by day since the first: computed by week, straight in between."""
    knots = [*range(0, length, WEEK), length]
    expected = {knot: expected_new_customer(model, knot / DAYS[model.unit]) if knot else 0.0 for knot in knots}
    curve = [0.0] * (length + 1)
    for left, right in pairwise(knots):
        for day in range(left, right + 1):
            curve[day] = expected[left] + (expected[right] - expected[left]) * (day - left) / (right - left)
    return curve
