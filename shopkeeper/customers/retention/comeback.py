"""How many new customers come back: the same cohorts at every age, without those who may have bought before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.opening import Opening, opening
from shopkeeper.customers.retention.frames import COMEBACK
from shopkeeper.customers.retention.report import FEW_CUSTOMERS, View, groups_by_age
from shopkeeper.engine.query import Query
from shopkeeper.models.intervals import wilson


@dataclass(frozen=True)
class Comeback:
    """Back by some ages, and what was spent by then, of customers whose last of these ages has closed.

    `ages` is empty where no period after a first purchase has closed. `uncertain` of these customers may have bought
    before the data begin; where others are there, it is 0, and `left_out` such customers are in none of the figures.
    """

    view: View
    opening: Opening
    ages: Annotated[pl.DataFrame, COMEBACK]
    last_cohort: date | None
    left_out: int
    uncertain: int


def comeback(query: Query, filters: CustomerFilters, view: View, ages: Sequence[int]) -> Comeback:
    """Of `ages`, in order, as many as have closed for enough customers, or else for any."""
    again = groups_by_age(query, filters, replace(view, method="cumulative", measure="customers"))
    spent = groups_by_age(query, filters, replace(view, method="cumulative", measure="revenue"))
    opened = opening(query)
    keys = ["cohort", "closed", "age"]
    groups = again.join(spent.select(*keys, revenue="amount"), on=keys)
    groups = groups.with_columns(uncertain=pl.col("cohort") < (opened.until or date.min))
    sizes = groups.filter(age=0)
    chosen, last = _chosen(sizes, ages)
    if last is None:
        return Comeback(view, opened, pl.DataFrame(schema=COMEBACK.schema()), None, 0, 0)
    observed = groups.filter(pl.col("closed") > last, pl.col("uncertain").is_in(chosen))
    low, high = wilson(pl.col("value"), pl.col("n"))
    frame = (
        observed.filter(pl.col("age").is_in([age for age in ages if age <= last]))
        .group_by("age")
        .agg(
            n=pl.col("customers").sum(),
            value=pl.col("amount").sum(),
            revenue=pl.col("revenue").sum(),
            cohorts=pl.col("cohort").n_unique(),
        )
        .with_columns(rate=pl.col("value") / pl.col("n"), low=low, high=high, spent=pl.col("revenue") / pl.col("n"))
        .sort("age")
    )
    uncertain = int(observed.filter("uncertain", age=0)["customers"].sum())
    of_old = int(sizes.filter("uncertain", pl.col("closed") > last)["customers"].sum())
    newest: date = observed["cohort"].max()  # type: ignore[assignment]
    return Comeback(view, opened, frame.select(COMEBACK.names), newest, of_old - uncertain, uncertain)


def _chosen(sizes: pl.DataFrame, ages: Sequence[int]) -> tuple[list[bool], int | None]:
    """Whether those who may have bought before are among the customers, and the last age that has closed for all."""
    for fewest, among in ((FEW_CUSTOMERS, [False]), (1, [False]), (1, [False, True])):
        for age in reversed(ages):
            closed = sizes.filter(pl.col("closed") > age, pl.col("uncertain").is_in(among))
            if closed["customers"].sum() >= fewest:
                return among, age
    return [False], None
