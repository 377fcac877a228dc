"""How well demand was forecast before: the backtest over rolling cutoffs at every level, beside simple methods."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import polars as pl

from shopkeeper.contract.forecasts import LEVELS
from shopkeeper.engine.query import Query
from shopkeeper.supply.demand.frames.comparisons import ACCURACY, WORST
from shopkeeper.supply.demand.report import chosen, within
from shopkeeper.supply.filters import GoodsFilters

SIMPLE_METHODS = ("naive", "average", "zero")
SPARSE = 0.5
"""Share of weeks with demand below which WAPE says nothing."""


@dataclass(frozen=True)
class Backtest:
    """What was forecast from earlier days, and what came.

    All by week of seven days. Both frames are empty before the first run.
    """

    filters: GoodsFilters
    as_of: date
    accuracy: Annotated[pl.DataFrame, ACCURACY]
    worst: Annotated[pl.DataFrame, WORST]
    margined: bool = True
    """Whether the margin of any of these items is known; else what errors cost is net revenue."""

    def at(self, level: str) -> dict[str, Any] | None:
        """The row of `accuracy` of a level."""
        rows = self.accuracy.filter(pl.col("level") == level)
        return rows.row(0, named=True) if rows.height else None

    def cost(self, first: int | None = None) -> float:
        """What the errors of the `first` items of `worst` cost, or of all."""
        return float(self.worst["cost"].head(first or self.worst.height).sum())


def report(query: Query, filters: GoodsFilters) -> Backtest:
    """The backtest of what the filters choose. Levels that sum over more than is chosen are left out."""
    seen = within(filters, query.scope)
    levels = query("supply/demand/accuracy", **chosen(seen))
    order = pl.col("level").replace_strict({name: place for place, name in enumerate(LEVELS)}, default=None)
    accuracy = _compared(levels).sort(order)
    level = "sku" if seen.regions is None else "region_sku"
    rows = query("supply/demand/worst", level=level, **chosen(seen))
    items = query("supply/demand/items")
    margined = items.join(rows, on="sku", how="semi")["unit_margin"].count() > 0
    worst = _costed(rows, items)
    return Backtest(filters, query.version.as_of, accuracy.select(ACCURACY.names), worst, margined)


def _compared(levels: pl.DataFrame) -> pl.DataFrame:
    """With the best of the simple methods, and how much less than it the forecast missed."""
    misses = {name: pl.col(f"{name}_rmsse") for name in SIMPLE_METHODS}
    least = pl.min_horizontal(*misses.values())
    best = pl.coalesce(pl.when(miss == least).then(pl.lit(name)) for name, miss in misses.items())
    return levels.with_columns(gain=pl.when(least > 0).then(1 - pl.col("rmsse") / least), best_simple=best)


def _costed(rows: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    demand = pl.col("demand")
    unit = pl.coalesce("unit_margin", "unit_revenue")
    return (
        rows.join(items.drop("category"), on="sku", how="left", maintain_order="left")
        .with_columns(
            forecast=demand + pl.col("error"),
            week_wape=pl.when(demand > 0, pl.col("demand_weeks") > SPARSE).then(pl.col("absolute_error") / demand),
            bias=pl.when(demand > 0).then(pl.col("error") / demand),
            cost=pl.col("absolute_error") * pl.max_horizontal(unit, 0.0),
        )
        .select(WORST.names)
        .sort("cost", "absolute_error", "sku", "region", descending=[True, True, False, False], nulls_last=True)
    )
