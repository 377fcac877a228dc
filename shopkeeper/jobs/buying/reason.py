"""Why the default is the default, in a sentence or two."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from shopkeeper.i18n import N_, NN_
from shopkeeper.jobs.buying.contest import SHORTEST_CALIBRATION, SHORTEST_HOLDOUT, Cutoff
from shopkeeper.jobs.buying.result import Fits, HoldoutTest, kind_name
from shopkeeper.messages import Message, MessageValue
from shopkeeper.models.buying.contest import Standing
from shopkeeper.models.buying.season import FEWEST_TESTS

ALIKE = 1e-6
"""Of log score per customer: what is less says nothing."""
MONTHS_FOR_SEASON = 21
"""Of data until there are FEWEST_TESTS cutoffs with a year before them, the last of them 90 days ago."""


def reason_of(
    ranked: Sequence[Standing],
    chosen: Standing | None,
    tests: Sequence[HoldoutTest],
    cutoffs: Sequence[Cutoff],
    span: tuple[date, date],
) -> Message:
    """Why this model or rule is the default; `span` is the first day of the data and the last."""
    if not cutoffs:
        needed = SHORTEST_HOLDOUT + SHORTEST_CALIBRATION
        text = N_(
            "The data cover {days} days; a model is believed once it was tested on this shop's own past, which needs "
            "{needed}. Until then, risk is the plain rate of customers alike."
        )
        return Message(text, {"days": (span[1] - span[0]).days + 1, "needed": needed})
    if chosen is None:
        why = next((test.refused for test in tests if test.refused), None)
        text = N_("No model could be fitted: {why} Risk is the plain rate of customers alike.")
        return Message(text, {"why": why or ""})
    values = _values(chosen, cutoffs)
    if len(ranked) == 1:
        text = N_(
            "{kind} is the only one that could be made. Asked on {cutoffs}, from {day} on, what "
            "customers would do next, it expected {expected} purchases, and {came} came."
        )
        return Message(text, values)
    leader = ranked[0]
    if chosen.kind == leader.kind:
        return _leading(ranked[1], values)
    return _instead(chosen, leader, values)


def _leading(second: Standing, values: dict[str, MessageValue]) -> Message:
    values |= {
        "other": kind_name(second.kind),
        "behind": two_digits(second.behind),
        "error": two_digits(second.standard_error),
    }
    if second.behind < ALIKE:
        return _alike(values)
    if second.tied:
        text = N_(
            "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} foresaw it best; "
            "{other} is tied with it ({behind} behind in log score per customer, standard error {error}) and assumes "
            "more, or was farther off in total. {kind} expected {expected} purchases, and {came} came."
        )
    else:
        text = N_(
            "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} foresaw it best: "
            "{other} is {behind} behind in log score per customer (standard error {error}). It expected {expected} "
            "purchases, and {came} came."
        )
    return Message(text, values)


def _instead(chosen: Standing, leader: Standing, values: dict[str, MessageValue]) -> Message:
    """Another one scored better, and is not taken."""
    values |= {
        "other": kind_name(leader.kind),
        "behind": two_digits(chosen.behind),
        "error": two_digits(chosen.standard_error),
        "other_expected": round(leader.expected),
    }
    if chosen.behind < ALIKE:
        return _alike(values)
    if chosen.tied:
        text = N_(
            "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} is tied with "
            "{other} ({behind} behind in log score per customer, standard error {error}), and taken because it assumes "
            "less or is nearer in total. It expected {expected} purchases, {other} {other_expected}, and {came} came."
        )
    else:
        text = N_(
            "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} foresaw it "
            "nearly as well as {other} ({behind} behind in log score per customer, standard error {error}), and is "
            "taken for its total: it expected {expected} purchases, {other} {other_expected}, and {came} came."
        )
    return Message(text, values)


def _alike(values: dict[str, MessageValue]) -> Message:
    """Two of which one is a limit of the other."""
    text = N_(
        "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} and {other} foresaw "
        "it alike, and {kind} is taken because it assumes less or is nearer in total. It expected {expected} "
        "purchases, and {came} came."
    )
    return Message(text, values)


def two_digits(value: float) -> float:
    """The first two digits that count, so that little is not nothing."""
    return float(f"{value:.2g}")


def _values(chosen: Standing, cutoffs: Sequence[Cutoff]) -> dict[str, MessageValue]:
    return {
        "kind": kind_name(chosen.kind),
        "cutoffs": Message.counted(NN_("{n} day of the past", "{n} days of the past"), {"n": chosen.cutoffs}),
        "day": cutoffs[-chosen.cutoffs].day.isoformat(),
        "expected": round(chosen.expected),
        "came": round(chosen.came),
    }


def season_reason(fits: Fits) -> Message:
    """Whether models count by the time of the year and events, and what that did on past cutoffs."""
    if len(fits.season_tests) < FEWEST_TESTS:
        text = N_(
            "Models do not count by the time of the year: that is tested on {fewest} days of the past, each with a "
            "year of purchases before it, for which about {months} months of data are needed."
        )
        return Message(text, {"fewest": FEWEST_TESTS, "months": MONTHS_FOR_SEASON})
    misses = [(test.miss_without, test.miss_within) for test in fits.season_tests]
    without, within = np.sqrt(np.mean(np.square(misses), axis=0)).tolist()
    values: dict[str, MessageValue] = {
        "cutoffs": len(misses),
        "days": fits.season_tests[0].days,
        "without": round(100 * without, 1),
        "within": round(100 * within, 1),
    }
    if fits.in_season:
        text = N_(
            "Models count by the time of the year and events: seen from {cutoffs} days of the past, totals over {days} "
            "days missed by {within} % with it and by {without} % without it."
        )
    else:
        text = N_(
            "Models do not count by the time of the year: seen from {cutoffs} days of the past, totals over {days} "
            "days missed by {within} % with it and by {without} % without it, which is not clearly less."
        )
    return Message(text, values)


def extrapolated(longest: int) -> Message:
    """How a rule speaks of longer horizons than it counted."""
    text = N_(
        "A rule of customers alike stands for a model here: beyond {days} days it takes their buying to fall on at the "
        "pace at which it fell within them. Whether a customer is still active it does not say."
    )
    return Message(text, {"days": longest})
