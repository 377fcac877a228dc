"""The calendar of cohorts: where a period starts and ends, in the shop's own weeks."""

from typing import Literal

import polars as pl

Period = Literal["day", "week", "month", "quarter"]

PERIODS: tuple[Period, ...] = ("day", "week", "month", "quarter")
WINDOW_DAYS: dict[Period, int] = {"day": 1, "week": 7, "month": 30, "quarter": 90}
MONTHS: dict[Period, int] = {"month": 1, "quarter": 3}
LARGEST_AGE: dict[Period, int] = {"day": 365}
"""Of cohorts of one day; those of longer periods have no limit."""


def periods_between(cohort: pl.Expr, day: pl.Expr, period: Period) -> pl.Expr:
    """The age at `day` of a cohort that begins with `cohort`."""
    if period in ("day", "week"):
        return ((day - cohort).dt.total_days() // WINDOW_DAYS[period]).cast(pl.Int32)
    months = (day.dt.year() - cohort.dt.year()) * 12 + day.dt.month().cast(pl.Int32) - cohort.dt.month().cast(pl.Int32)
    if period == "month":
        return months
    return (
        day.dt.year() * 4
        + day.dt.quarter().cast(pl.Int32)
        - (cohort.dt.year() * 4 + cohort.dt.quarter().cast(pl.Int32))
    )


def period_start(cohort: pl.Expr, age: pl.Expr, period: Period) -> pl.Expr:
    """The first day of a cohort's period at an age."""
    if period in ("day", "week"):
        return cohort + pl.duration(days=age * WINDOW_DAYS[period])
    return cohort.dt.offset_by(pl.format("{}mo", age * MONTHS[period]))


def period_end(day: pl.Expr, period: Period, week_offset: int) -> pl.Expr:
    """The last day of the period that holds `day`; weeks start `week_offset` days before Monday."""
    if period == "day":
        return day
    if period == "week":
        return day + pl.duration(days=6 - (day.dt.weekday().cast(pl.Int32) - 1 + week_offset) % 7)
    length = f"{MONTHS[period]}mo"
    start = day.dt.truncate("1mo" if period == "month" else "1q")
    return start.dt.offset_by(length) - pl.duration(days=1)
