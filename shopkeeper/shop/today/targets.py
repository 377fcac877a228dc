"""Targets against what came: plan, actual to date, what the period comes to at this rate, and the gap.

Run rate = actual / the share of the period that is done as a rule. That share is the same month's or year's of last
year up to the same day, where the data hold all of it; else by weekdays: each day to come weighs as its weekday does in
the last eight weeks; in a younger shop all days weigh alike.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.merchant.targets import FIGURES, Target, TargetFigure, TargetPeriod
from shopkeeper.shop.today.frames import PLAN
from shopkeeper.shop.today.periods import Days
from shopkeeper.shop.today.report import uncertain_until

Rule = Literal["last_year", "weekdays", "days"]
WEEKDAY_DAYS, FEWEST_DAYS = 56, 28
"""Days up to as-of from which weekdays are weighed, and the fewest that do."""
Values = Mapping[date, float]


@dataclass(frozen=True)
class Plan:
    """Empty where nothing is planned for the month or year of as-of."""

    as_of: date
    rows: Annotated[pl.DataFrame, PLAN]


def report(query: Query, targets: Sequence[Target]) -> Plan:
    """Every target of the month and year that as-of lies in, the month first."""
    as_of, first_day = query.version.as_of, query.version.first_day
    plans = in_force(targets, as_of)
    if not plans:
        return Plan(as_of, pl.DataFrame(schema=PLAN.schema()))
    since = date(as_of.year - 1, 1, 1)
    daily = _daily(query, since, as_of)
    known_from = dict.fromkeys(FIGURES, first_day) | {"new_customers": max(first_day, uncertain_until(query))}
    rows = [_row(figure, period, plan, daily, as_of, known_from[figure]) for (figure, period), plan in plans.items()]
    return Plan(as_of, pl.DataFrame(rows, schema=PLAN.schema(), orient="row"))


def in_force(targets: Sequence[Target], as_of: date) -> dict[tuple[TargetFigure, TargetPeriod], float]:
    """What is planned for the month and year of a day; a year without a target is its months where all have one."""
    kept = {each.key: each.value for each in targets if each.value is not None}
    plans: dict[tuple[TargetFigure, TargetPeriod], float] = {}
    for figure in FIGURES:
        month = kept.get((figure, "month", as_of.replace(day=1)))
        if month is not None:
            plans[figure, "month"] = month
    for figure in FIGURES:
        months = [kept.get((figure, "month", date(as_of.year, number, 1))) for number in range(1, 13)]
        year = kept.get((figure, "year", date(as_of.year, 1, 1)))
        whole = sum(each for each in months if each is not None) if None not in months else None
        if (plan := year if year is not None else whole) is not None:
            plans[figure, "year"] = plan
    return plans


def share_done(values: Values, whole: Days, as_of: date, known_from: date) -> tuple[float, Rule]:
    """How much of a period is done by as-of as a rule, and by which."""
    if as_of >= whole.last:
        return 1.0, "days"
    before = Days(_year_before(whole.first), _year_before(whole.last))
    if whole.last.month == 2:
        before = Days(before.first, before.last.replace(day=monthrange(before.last.year, 2)[1]))
    if before.first >= known_from:
        total = _sum(values, before)
        done = _sum(values, Days(before.first, _year_before(as_of)))
        if 0 < done <= total:
            return done / total, "last_year"
    weights, rule = _weights(values, as_of, known_from)
    total = sum(weights(day) for day in _days(whole))
    return sum(weights(day) for day in _days(Days(whole.first, as_of))) / total, rule


def _weights(values: Values, as_of: date, known_from: date) -> tuple[Callable[[date], float], Rule]:
    """What a day weighs."""
    recent = Days(max(as_of - timedelta(WEEKDAY_DAYS - 1), known_from), as_of)
    sums = [0.0] * 7
    for day in _days(recent):
        sums[day.weekday()] += values.get(day, 0.0)
    number = [sum(day.weekday() == weekday for day in _days(recent)) for weekday in range(7)]
    means = [total / max(count, 1) for total, count in zip(sums, number, strict=True)]
    if recent.number < FEWEST_DAYS or min(means) < 0 or sum(means) <= 0:
        return (lambda _day: 1.0), "days"
    return (lambda day: means[day.weekday()]), "weekdays"


def _year_before(day: date) -> date:
    """The same day a year earlier; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _days(span: Days) -> list[date]:
    return [span.first + timedelta(number) for number in range(span.number)]


def _sum(values: Values, span: Days) -> float:
    return sum(value for day, value in values.items() if span.first <= day <= span.last)


def _daily(query: Query, first: date, last: date) -> dict[TargetFigure, Values | None]:
    """By figure its values by day; null where it is not known of this shop."""
    span = {"first_day": first, "last_day": last}
    days = query("shop/today/days", **span)
    orders = query("shop/today/orders", **span).group_by("day").agg(pl.col("orders").sum())
    new = query("shop/today/new_by_day", cohort_from=first, cohort_to=last)
    return {
        "revenue": _by_day(days, "revenue"),
        "orders": _by_day(orders, "orders"),
        "new_customers": _by_day(new, "new_customers") if new.height else None,
        "margin": _by_day(days, "margin") if days["margin"].count() else None,
    }


def _by_day(rows: pl.DataFrame, name: str) -> Values:
    filled = rows.filter(pl.col(name).is_not_null())
    return dict(zip(filled["day"].to_list(), filled[name].cast(pl.Float64).to_list(), strict=True))


def _row(
    figure: TargetFigure,
    period: TargetPeriod,
    plan: float,
    daily: Mapping[TargetFigure, Values | None],
    as_of: date,
    known_from: date,
) -> tuple[object, ...]:
    first = as_of.replace(day=1) if period == "month" else date(as_of.year, 1, 1)
    last = date(as_of.year, first.month if period == "month" else 12, 1)
    whole = Days(first, last.replace(day=monthrange(last.year, last.month)[1]))
    values, to_date, left = daily[figure], Days(first, as_of), (whole.last - as_of).days
    if values is None:
        return figure, period, first, plan, *(None,) * 7, left
    actual = _sum(values, to_date)
    share, rule = share_done(values, whole, as_of, known_from)
    run_rate = actual / share if share > 0 else None
    gap = None if run_rate is None else run_rate - plan
    worth = _worth(figure, gap, daily, to_date)
    gap_share = None if gap is None else gap / plan
    return figure, period, first, plan, actual, run_rate, gap, gap_share, worth, share, rule, left


def _worth(
    figure: TargetFigure, gap: float | None, daily: Mapping[TargetFigure, Values | None], to_date: Days
) -> float | None:
    """The gap in money: an order at what orders of the period brought on average. Nobody knows what a customer is."""
    if gap is None or figure == "new_customers":
        return None
    if figure != "orders":
        return gap
    orders, revenue = _sum(daily["orders"] or {}, to_date), _sum(daily["revenue"] or {}, to_date)
    return gap * revenue / orders if orders else None
