"""Why the default is the default, in a sentence or two."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from shopkeeper.i18n import N_, NN_
from shopkeeper.jobs.buying.contest import SHORTEST_CALIBRATION, SHORTEST_HOLDOUT, Cutoff
from shopkeeper.jobs.buying.result import Fits, HoldoutTest, kind_name
from shopkeeper.messages import Message, MessageValue
from shopkeeper.models.buying.calibration import RISK_DAYS
from shopkeeper.models.buying.contest import Standing
from shopkeeper.models.buying.season import allowed

ALIKE = 1e-6
"""Of log score per customer: what is less says nothing."""
MONTHS_FOR_SEASON = 13
"""Of data until a cutoff of a month ago has a year before it."""
MONTHS_FOR_PROOF = 21
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
    elif chosen.off >= leader.off:
        text = N_(
            "Asked on {cutoffs}, from {day} on, what customers would do next, {kind} foresaw it "
            "nearly as well as {other} ({behind} behind in log score per customer, standard error {error}), and is "
            "taken because it assumes less and is about as near in total: it expected {expected} purchases, {other} "
            "{other_expected}, and {came} came."
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
        "cutoffs": days_of_the_past(chosen.cutoffs),
        "day": cutoffs[-chosen.cutoffs].day.isoformat(),
        "expected": round(chosen.expected),
        "came": round(chosen.came),
    }


def season_reason(fits: Fits) -> Message:
    """Whether models count by the time of the year and events, and what that did on past cutoffs."""
    tests = fits.season_tests
    if not tests:
        text = N_(
            "Models do not count by the time of the year: from about {months} months of purchases on, the shop's own "
            "past says whether they should."
        )
        return Message(text, {"months": MONTHS_FOR_SEASON})
    misses = [test.miss_without for test in tests], [test.miss_within for test in tests]
    without, within = np.sqrt(np.mean(np.square(misses), axis=1)).tolist()
    values: dict[str, MessageValue] = {
        "cutoffs": days_of_the_past(len(tests)),
        "days": tests[0].days,
        "without": round(100 * without, 1),
        "within": round(100 * within, 1),
    }
    if any(test.days < RISK_DAYS for test in tests):
        return _of_one_year(values, used=fits.in_season, refuted=not allowed(*misses))
    if fits.in_season:
        text = N_(
            "Models count by the time of the year and events: seen from {cutoffs}, totals over {days} days missed by "
            "{within} % with it and by {without} % without it."
        )
    else:
        text = N_(
            "Models do not count by the time of the year: seen from {cutoffs}, totals over {days} days missed by "
            "{within} % with it and by {without} % without it, which is not clearly less."
        )
    return Message(text, values)


def _of_one_year(values: dict[str, MessageValue], *, used: bool, refuted: bool) -> Message:
    """The same of a shop that has seen its season once."""
    if used:
        text = N_(
            "Models count by the time of the year and events as one year shows them: seen from {cutoffs}, totals up to "
            "the last day missed by {within} % with it and by {without} % without it. What happened once may not come "
            "again, and the other tests here know it already; from about {months} months of purchases on, no test does."
        )
        values |= {"months": MONTHS_FOR_PROOF}
    elif refuted:
        text = N_(
            "Models do not count by the time of the year as one year shows it: seen from {cutoffs}, totals up to the "
            "last day missed by {within} % with it and by {without} % without it."
        )
    else:
        text = N_(
            "Models do not count by the time of the year: the weeks of the one year that can be compared differ no "
            "more than by chance."
        )
    return Message(text, values)


def days_of_the_past(cutoffs: int) -> Message:
    """So many cutoffs, within a sentence."""
    return Message.counted(NN_("{n} day of the past", "{n} days of the past"), {"n": cutoffs})


def extrapolated(longest: int) -> Message:
    """How a rule speaks of longer horizons than it counted."""
    text = N_(
        "A rule of customers alike stands for a model here: beyond {days} days it takes their buying to fall on at the "
        "pace at which it fell within them. Whether a customer is still active it does not say."
    )
    return Message(text, {"days": longest})
