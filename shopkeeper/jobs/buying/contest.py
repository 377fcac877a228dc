"""The contest on the shop's own past: at each cutoff every model and rule is made of what came before, and held against
what came after.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.cutoff_tests import outcomes, tests_of
from shopkeeper.jobs.buying.result import HORIZONS, KIND_NAMES, RULE_HORIZONS, HoldoutTest, HorizonTest
from shopkeeper.messages import Message, message
from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.models.buying.calibration import (
    HISTORY,
    RISK_DAYS,
    expected_purchases,
    horizon_by_tenth,
    in_units,
    log_scores,
    risk,
)
from shopkeeper.models.buying.contest import Foresight
from shopkeeper.models.buying.model import KINDS, BuyingModel, ModelKind, NotFitted, ParametricKind, Unit, fit
from shopkeeper.models.buying.recalibration import CutoffTest
from shopkeeper.models.buying.rules import RULES, Rule, fit_rule
from shopkeeper.models.buying.season import NO_SEASON, Clock, OperationalTime
from shopkeeper.progress import Progress

SHORTEST_HOLDOUT = 90
SHORTEST_CALIBRATION = 90
MOST_CUTOFFS = 4
MOST_TESTED = 50_000
"""Customers who are looked at from a cutoff: a sample of so many tells contestants apart."""
MOST_COUNTED = 200_000
"""Customers of whom rules are counted."""


@dataclass(frozen=True)
class Cutoff:
    """A day up to which everything is known, and how many days after it are held out."""

    day: date
    days: int


@dataclass
class Contest:
    """What the contest found: tests and foresights at all cutoffs, and what was made up to the split.

    `cutoff_tests` are what probabilities and counts are set right by.
    """

    tests: list[HoldoutTest] = field(default_factory=list)
    foresights: list[tuple[Floats, dict[ModelKind, Foresight]]] = field(default_factory=list)
    calibrated: dict[ModelKind, BuyingModel] = field(default_factory=dict)
    calibrated_rules: dict[ModelKind, Rule] = field(default_factory=dict)
    latest: dict[ParametricKind, BuyingModel] = field(default_factory=dict)
    cutoff_tests: dict[ModelKind, list[CutoffTest]] = field(default_factory=dict)


def split_of(first_day: date, as_of: date) -> date | None:
    """The last third of the history is held out, at least 90 days; what is before must be as long at least."""
    days = (as_of - first_day).days + 1
    holdout = max(SHORTEST_HOLDOUT, days // 3)
    return as_of - timedelta(days=holdout) if days - holdout >= SHORTEST_CALIBRATION else None


def cutoffs_of(first_day: date, as_of: date) -> tuple[Cutoff, ...]:
    """The split, and others every 90 days in place of the one that is nearest to it; the earliest first.

    Held out are all days until as-of. Empty without a split.
    """
    split = split_of(first_day, as_of)
    if split is None:
        return ()
    days, holdout = (as_of - first_day).days + 1, (as_of - split).days
    backs = [back * SHORTEST_HOLDOUT for back in range(1, MOST_CUTOFFS + 1)]
    backs[int(np.argmin([abs(back - holdout) for back in backs]))] = holdout
    usable = [back for back in sorted(backs, reverse=True) if days - back >= SHORTEST_CALIBRATION]
    return tuple(Cutoff(as_of - timedelta(days=back), back) for back in usable)


def one_in(customers: int, most: int) -> int:
    """One in so many customers makes at most `most`."""
    return max(1, -(-customers // most))


def contested(
    query: Query, unit: Unit, customers: int, progress: Progress, times: Mapping[date, OperationalTime] | None = None
) -> Contest:
    """Hold every model and rule against what came after each cutoff. Empty without a split.

    With `times`, the shop's clocks as known at cutoffs, these are the cutoffs, and models count by the clocks.
    """
    version = query.version
    cutoffs, split = cutoffs_of(version.first_day, version.as_of), split_of(version.first_day, version.as_of)
    if times:
        cutoffs = tuple(cutoff for cutoff in cutoffs if cutoff.day in times)
    contest = Contest()
    for place, cutoff in enumerate(cutoffs):
        progress.step(f"Testing on the days after {cutoff.day}", place / len(cutoffs))
        sample = one_in(customers, MOST_TESTED)
        held = query("jobs/buying/holdout", cutoff=cutoff.day, days=cutoff.days, one_in=sample)
        if held.is_empty():
            continue
        came = outcomes(query, cutoff.day, cutoff.days, sample)
        clock = Clock(times[cutoff.day] if times else NO_SEASON, cutoff.day)
        made = dict(_contestants(query, unit, clock, held, customers, contest.latest))
        each: dict[ModelKind, Foresight] = {}
        for kind, contestant in made.items():
            if isinstance(contestant, Message):
                contest.tests.append(
                    HoldoutTest(kind, cutoff.day, cutoff.days, int(held["customers"].sum()), refused=contestant)
                )
                continue
            test, each[kind] = tested(kind, contestant, held, cutoff, clock)
            contest.tests.append(test)
            contest.cutoff_tests.setdefault(kind, []).extend(tests_of(contestant, came, cutoff.days, clock))
            _keep(contest, kind, contestant, cutoff.day == split)
        contest.foresights.append((held["customers"].cast(pl.Float64).to_numpy(), each))
    regular = contest.latest.get("mbg_cnbd")
    if regular is not None and irregular(regular):
        _without_regularity(contest, regular)
    return contest


def _without_regularity(contest: Contest, regular: BuyingModel) -> None:
    """What the last fit of the model of regular buyers takes for chance is no contestant of its own."""
    for _, each in contest.foresights:
        each.pop(regular.kind, None)
    contest.calibrated.pop(regular.kind, None)
    contest.tests = [
        HoldoutTest(test.kind, test.cutoff, test.days, test.customers, refused=irregular(regular))
        if test.kind == regular.kind
        else test
        for test in contest.tests
    ]


def _keep(contest: Contest, kind: ModelKind, contestant: BuyingModel | Rule, at_split: bool) -> None:
    if isinstance(contestant, BuyingModel):
        contest.latest[contestant.kind] = contestant
        if at_split:
            contest.calibrated[kind] = contestant
    elif at_split:
        contest.calibrated_rules[contestant.kind] = contestant


def _contestants(
    query: Query,
    unit: Unit,
    clock: Clock,
    held: pl.DataFrame,
    customers: int,
    latest: Mapping[ParametricKind, BuyingModel],
) -> Iterator[tuple[ModelKind, BuyingModel | Rule | Message]]:
    """Each model and rule as made of what was known at the cutoff, or why it could not be; fits start from the latest.

    A model of regular buyers that shows no regularity is yielded all the same: that of another cutoff may.
    """
    tuples = in_units(clock.histories(distinct(held)), unit)
    for kind in KINDS:
        try:
            model = fit(tuples, kind, unit, latest.get(kind))
        except NotFitted as refused:
            yield kind, refused.message
            continue
        yield kind, model
    past = past_of(query, clock.as_of, one_in(customers, MOST_TESTED))
    for rule in RULES:
        try:
            yield rule, fit_rule(rule, past)
        except NotFitted as refused:
            yield rule, refused.message


def irregular(model: BuyingModel) -> Message | None:
    """Why a model of regular buyers is none of its own; `None` where it is."""
    if model.kind != "mbg_cnbd" or model.k > 1:
        return None
    return message(
        "Purchases come no more regularly than by chance (k = 1), so {model} is {same}.",
        model=KIND_NAMES["mbg_cnbd"],
        same=KIND_NAMES["mbg_nbd"],
    )


def past_of(query: Query, day: date, sample: int) -> list[tuple[int, pl.DataFrame]]:
    """By horizon: histories as they were so many days before `day`, and what came until then; the shortest first."""
    first_day = query.version.first_day
    return [
        (days, query("jobs/buying/holdout", cutoff=day - timedelta(days=days), days=days, one_in=sample))
        for days in RULE_HORIZONS
        if (day - first_day).days + 1 >= 2 * days
    ]


def distinct(held: pl.DataFrame) -> pl.DataFrame:
    """One row per history, whatever came after it."""
    return held.group_by(HISTORY, maintain_order=True).agg(pl.col("customers", "log_times").sum())


def tested(
    kind: ModelKind, contestant: BuyingModel | Rule, held: pl.DataFrame, cutoff: Cutoff, clock: Clock
) -> tuple[HoldoutTest, Foresight]:
    """Hold one contestant against the days after the cutoff; `held` is in days, and rules count in days."""
    if not isinstance(contestant, BuyingModel):
        clock = Clock(NO_SEASON, cutoff.day)
    rows = in_units(clock.histories(held), contestant.unit)
    weights = held["customers"].cast(pl.Float64).to_numpy()
    histories = rows.select(HISTORY).unique().sort(HISTORY)

    def joined(values: pl.Series) -> Floats:
        each = histories.with_columns(values.alias("value"))
        return rows.join(each, on=HISTORY, how="left", maintain_order="left")["value"].to_numpy()

    ahead = clock.ahead(cutoff.days)
    scores = log_scores(contestant, rows, ahead)
    expected = joined(expected_purchases(contestant, histories, ahead))
    came = held["holdout"].cast(pl.Float64).to_numpy()
    silent_for = held["next_days"].cast(pl.Float64).fill_null(float("inf")).to_numpy()
    horizons = tuple(
        _horizon_test(days, joined(risk(contestant, histories, clock.ahead(days))), silent_for > days, weights, held)
        for days in HORIZONS
        if days <= cutoff.days
    )
    at_risk = next((test for test in horizons if test.days == RISK_DAYS), None)
    customers = float(weights.sum())
    test = HoldoutTest(
        kind,
        cutoff.day,
        cutoff.days,
        int(customers),
        float(weights @ scores),
        float(weights @ np.abs(expected - came) / customers),
        float(weights @ (expected - came) / customers),
        at_risk.calibration_error if at_risk else None,
        at_risk.worst_tenth if at_risk else None,
        float(weights @ expected),
        float(weights @ came),
        horizons,
    )
    return test, Foresight(scores, float(weights @ expected), float(weights @ came))


def _horizon_test(days: int, risk: Floats, silent: Flags, weights: Floats, held: pl.DataFrame) -> HorizonTest:
    total = float(weights.sum())
    tenths = horizon_by_tenth(held.with_columns(p_no_purchase=pl.Series(risk), silent=pl.Series(silent)))
    error = (tenths["predicted"] - tenths["happened"]).abs().to_numpy()
    return HorizonTest(
        days,
        float(weights @ (risk - silent) ** 2 / total),
        float(error.mean()),
        float(error.max()),
        float(weights @ risk / total),
        float(weights @ silent / total),
    )
