"""Cohort retention: who comes back, when, and what they spend.

A cohort is the period of a customer's first-ever purchase, found before any filter. A cell is the cohort's k-th period
(or n-day window) after that. A cell exists once its period has closed; until then it is empty, never 0.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import opening
from shopkeeper.customers.retention.frames import CELLS, CUSTOMERS, MEAN
from shopkeeper.customers.retention.periods import (
    LARGEST_AGE,
    PERIODS,
    WINDOW_DAYS,
    Period,
    period_end,
    period_start,
    periods_between,
)
from shopkeeper.engine.query import Parameter, Query
from shopkeeper.errors import Refused
from shopkeeper.messages import message
from shopkeeper.models.intervals import wilson

Method = Literal["exact", "unbounded", "cumulative"]
Windows = Literal["calendar", "rolling"]
MeasureName = Literal["customers", "revenue", "margin", "orders"]

METHODS: tuple[Method, ...] = ("exact", "unbounded", "cumulative")
WINDOWS: tuple[Windows, ...] = ("calendar", "rolling")
MEASURES: tuple[MeasureName, ...] = ("customers", "revenue", "margin", "orders")
LONGEST_WINDOW = 365
FEW_CUSTOMERS = 30
"""Below this many customers a share says little; such cells are drawn pale."""


@dataclass(frozen=True)
class View:
    """How retention is counted. `window_days` is the length of a rolling window; 0 takes that of `WINDOW_DAYS`.

    Raise `Refused` for a word that is none of the choices, a window out of range, or *unbounded* money.
    """

    period: Period = "month"
    method: Method = "exact"
    windows: Windows = "calendar"
    window_days: int = 0
    measure: MeasureName = "customers"

    def __post_init__(self) -> None:
        choices = {"period": PERIODS, "method": METHODS, "windows": WINDOWS, "measure": MEASURES}
        for name, allowed in choices.items():
            if (value := getattr(self, name)) not in allowed:
                raise Refused(
                    message(
                        "“{value}” is no {name}; choose one of {there}.",
                        value=value,
                        name=name,
                        there=", ".join(allowed),
                    )
                )
        if self.window_days == 0 or self.windows == "calendar":
            object.__setattr__(self, "window_days", WINDOW_DAYS[self.period])
        if not 1 <= self.window_days <= LONGEST_WINDOW:
            raise Refused(
                message(
                    "A window of {days} days cannot be drawn; choose 1 to {most} days.",
                    days=self.window_days,
                    most=LONGEST_WINDOW,
                )
            )
        if self.method == "unbounded" and self.measure != "customers":
            raise Refused(
                message(
                    "“Bought in the period or later” counts customers, it has no {measure}; choose the method exact or "
                    "cumulative.",
                    measure=self.measure,
                )
            )


@dataclass(frozen=True)
class Retention:
    """One retention table, and the mean of its mature cells by age."""

    view: View
    filters: CustomerFilters
    as_of: date
    cells: Annotated[pl.DataFrame, CELLS]
    mean: Annotated[pl.DataFrame, MEAN]
    cost_share: float | None


def report(query: Query, filters: CustomerFilters, view: View) -> Retention:
    """Retention of the customers and purchases that `filters` choose, as the data stood at as-of (or `until`)."""
    as_of = observed_until(query, filters)
    groups = groups_by_age(query, filters, view)
    cells = _cells(groups)
    bounded = _identity_bound(cells, _unidentified(query, filters, as_of), view, as_of, query.version.shop.week_offset)
    cells = _intervals(bounded, view)
    opened = opening(query)
    cells = cells.with_columns(may_not_be_first=pl.col("cohort") < (opened.until or date.min))
    if largest := LARGEST_AGE.get(view.period if view.windows == "calendar" else "month"):
        cells = cells.filter(pl.col("age") <= largest)
    cost_share = _cost_share(query) if view.measure == "margin" else None
    return Retention(view, filters, as_of, cells.select(CELLS.names), _mean(cells, view), cost_share)


def groups_by_age(query: Query, filters: CustomerFilters, view: View) -> pl.DataFrame:
    """One row per cohort, group of equally long observed `customers`, and age that has begun.

    `closed` counts the group's closed periods; `amount` is what the view's measure and method count at the age.
    """
    as_of = observed_until(query, filters)
    sizes = query("customers/retention/cohort_sizes", **_windows(query, view), **filters.acquired(), as_of=as_of)
    grid = _grid(sizes, view, as_of, query.version.shop.week_offset)
    return _amounts(grid, _counts(query, filters, view, as_of), view)


def customers(
    query: Query, filters: CustomerFilters, view: View, cohort: date, age: int, *, absent: bool = False
) -> Annotated[pl.DataFrame, CUSTOMERS]:
    """The customers behind one cell, or with `absent` those of its n who are missing from it."""
    return query(
        "customers/retention/customers",
        **_windows(query, view),
        **filters.acquired(),
        **filters.bought(),
        as_of=observed_until(query, filters),
        method=view.method,
        cohort=cohort,
        age=age,
        absent=absent,
    )


def observed_until(query: Query, filters: CustomerFilters) -> date:
    """The last day that is looked at: as-of, or an earlier day that the viewer chose."""
    return min(query.version.as_of, filters.until or query.version.as_of)


def _windows(query: Query, view: View) -> dict[str, Parameter]:
    return {
        "period": view.period,
        "week_offset": query.version.shop.week_offset,
        "windows": view.windows,
        "window_days": view.window_days,
    }


def _counts(query: Query, filters: CustomerFilters, view: View, as_of: date) -> pl.DataFrame:
    if _counts_everything(query, filters):
        return query(
            "customers/retention/purchases", **_windows(query, view), **filters.acquired(), measure=view.measure
        )
    return query(
        "customers/retention/parts",
        **_windows(query, view),
        **filters.acquired(),
        **filters.bought(),
        as_of=as_of,
        measure=view.measure,
        method=view.method,
    )


def _unidentified(query: Query, filters: CustomerFilters, as_of: date) -> pl.DataFrame:
    if _counts_everything(query, filters):
        return query("customers/retention/unidentified_days", as_of=as_of)
    return query("customers/retention/unidentified_parts", **filters.bought(), as_of=as_of)


def _counts_everything(query: Query, filters: CustomerFilters) -> bool:
    return not (filters.restricts_purchases or query.scope.restricted)


def _grid(sizes: pl.DataFrame, view: View, as_of: date, week_offset: int) -> pl.DataFrame:
    """Every cohort, group of equally long observed customers, and age that has begun by `as_of`."""
    if view.windows == "calendar":
        begun = periods_between(pl.col("cohort"), pl.lit(as_of), view.period)
        open_still = period_end(pl.lit(as_of), view.period, week_offset) > as_of
        sizes = sizes.with_columns(closed=begun + pl.when(open_still).then(0).otherwise(1), begun=begun)
    else:
        sizes = sizes.with_columns(begun=pl.col("closed").max().over("cohort"))
    return (
        sizes.with_columns(cohort_size=pl.col("customers").sum().over("cohort"))
        .with_columns(age=pl.int_ranges(0, pl.col("begun") + 1, dtype=pl.Int32))
        .explode("age")
        .drop("begun")
    )


def _amounts(grid: pl.DataFrame, counts: pl.DataFrame, view: View) -> pl.DataFrame:
    """The grid with the `amount` of each row, summed up or down the ages where the method says so."""
    column = {"exact": "active", "cumulative": "returned", "unbounded": "last_seen"}[view.method]
    amount = pl.col(column if view.measure == "customers" else "amount").sum().cast(pl.Float64)
    keys = ["cohort", "age"] if view.windows == "calendar" else ["cohort", "closed", "age"]
    amounts = counts.group_by(keys).agg(amount=amount)
    groups = grid.join(amounts, on=keys, how="left").with_columns(pl.col("amount").fill_null(0.0))
    within = ["cohort", "closed"]
    groups = groups.sort("cohort", "closed", "age")
    if view.method == "cumulative":
        groups = groups.with_columns(pl.col("amount").cum_sum().over(within))
    elif view.method == "unbounded":
        groups = groups.with_columns(pl.col("amount").cum_sum(reverse=True).over(within))
    return groups


def _cells(groups: pl.DataFrame) -> pl.DataFrame:
    """One row per cohort and age: `cohort_size, n, value, mature`; value is null where n is 0."""
    closed = pl.col("closed") > pl.col("age")
    return (
        groups.group_by("cohort", "age")
        .agg(
            cohort_size=pl.col("cohort_size").first(),
            n=pl.col("customers").filter(closed).sum(),
            value=pl.col("amount").filter(closed).sum(),
        )
        .with_columns(mature=pl.col("n") > 0)
        .with_columns(value=pl.when("mature").then("value"))
        .with_columns(rate=pl.col("value") / pl.col("n"))
        .sort("cohort", "age")
    )


def _identity_bound(
    cells: pl.DataFrame, unidentified: pl.DataFrame, view: View, as_of: date, week_offset: int
) -> pl.DataFrame:
    """Add `unidentified`: orders of unknown buyers in the days that the cell covers, for customer counts only."""
    if view.measure != "customers":
        return cells.with_columns(unidentified=pl.lit(None, dtype=pl.Int64))
    cohort, age = pl.col("cohort"), pl.col("age")
    if view.windows == "calendar":
        start, end = period_start(cohort, age, view.period), period_start(cohort, age + 1, view.period)
        first_return = period_start(cohort, pl.lit(1), view.period)
    else:
        days = view.window_days
        cohort_end = period_end(cohort, view.period, week_offset)
        start = cohort + pl.duration(days=age * days)
        end = cohort_end + pl.duration(days=(age + 1) * days)
        first_return = cohort + pl.duration(days=days)
    if view.method == "unbounded":
        end = pl.lit(as_of + timedelta(days=1))
    elif view.method == "cumulative":
        start = first_return
    running = unidentified.sort("day").select("day", orders=pl.col("orders").cum_sum())
    bounded = cells.with_columns(
        before=start.cast(pl.Date) - pl.duration(days=1), last=end.cast(pl.Date) - pl.duration(days=1)
    )
    for edge in ("before", "last"):
        at_edge = running.rename({"day": edge, "orders": f"orders_{edge}"})
        bounded = bounded.sort(edge).join_asof(at_edge, on=edge).with_columns(pl.col(f"orders_{edge}").fill_null(0))
    orders = (pl.col("orders_last") - pl.col("orders_before")).clip(lower_bound=0).cast(pl.Int64)
    return bounded.with_columns(unidentified=orders).sort("cohort", "age").select(*cells.columns, "unidentified")


def _intervals(cells: pl.DataFrame, view: View) -> pl.DataFrame:
    """Add `low`, `high` and `upper` to a frame of `n, value, unidentified`; null for anything but shares."""
    if view.measure != "customers":
        return cells.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("low", "high", "upper"))
    low, high = wilson(pl.col("value"), pl.col("n"))
    reached = pl.min_horizontal("n", pl.col("value") + pl.col("unidentified"))
    return cells.with_columns(low=low, high=high, upper=pl.when("mature").then(reached / pl.col("n")))


def _mean(cells: pl.DataFrame, view: View) -> pl.DataFrame:
    reached = pl.min_horizontal("n", pl.col("value") + pl.col("unidentified")).sum()
    mean = (
        cells.filter("mature")
        .group_by("age")
        .agg(pl.col("n").sum(), pl.col("value").sum(), reached=reached, cohorts=pl.len())
        .sort("age")
        .with_columns(rate=pl.col("value") / pl.col("n"), mature=True, unidentified=pl.lit(0))
    )
    mean = _intervals(mean, view)
    if view.measure == "customers":
        mean = mean.with_columns(upper=pl.col("reached") / pl.col("n"))
    return mean.select(MEAN.names)


def _cost_share(query: Query) -> float | None:
    revenue, with_cost = query("customers/filter_values").select(pl.sum("revenue", "revenue_with_cost")).row(0)
    return with_cost / revenue if revenue else None
