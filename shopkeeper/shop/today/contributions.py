"""What each channel, region or category added to the change of a figure. The parts add up to the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.shop.today.frames import CONTRIBUTIONS
from shopkeeper.shop.today.periods import Compared, Days

By = Literal["channel", "region", "category"]
ALL: tuple[By, ...] = ("channel", "region", "category")
DIMENSIONS: Mapping[str, tuple[By, ...]] = {
    "revenue": ALL,
    "margin": ALL,
    "units": ALL,
    # An order may go to two categories, and then no part of it does.
    "orders": ("channel",),
    "new_customers": ALL,
}
"""By figure that is a sum of its parts: what it can be divided by. New customers are by their first purchase."""


@dataclass(frozen=True)
class Contributions:
    """The parts of a figure's change, the largest first."""

    figure: str
    by: By
    parts: Annotated[pl.DataFrame, CONTRIBUTIONS]


def report(query: Query, figure: str, by: By, spans: Compared) -> Contributions:
    """What each part added. Raise `KeyError` where the figure is no sum of such parts."""
    if by not in DIMENSIONS[figure]:
        raise KeyError(f"{figure} is no sum over the parts of {by}")
    parts = _parts(query, figure, by, spans)
    if spans.base is None:
        parts = parts.with_columns(base=pl.lit(None, pl.Float64))
    # A part without a known cost adds nothing to the margin of the whole, now or before.
    change = pl.col("value").fill_null(0.0) - pl.col("base").fill_null(0.0)
    parts = parts.with_columns(change=change if spans.base else pl.lit(None, pl.Float64))
    whole = float(parts["base"].sum() or 0)
    points = pl.col("change") / whole if whole > 0 else pl.lit(None, pl.Float64)
    ranked = parts.with_columns(points=points).sort(
        pl.col("change").abs(), pl.col("value"), "part", descending=[True, True, False], nulls_last=True
    )
    return Contributions(figure, by, ranked.select(CONTRIBUTIONS.names))


def _parts(query: Query, figure: str, by: By, spans: Compared) -> pl.DataFrame:
    now, base = spans.now, spans.base_or_now
    if figure == "orders":
        return _orders(query, now, base)
    name = "shop/today/new_customers" if figure == "new_customers" else "shop/today/parts"
    rows = query(
        name,
        by=by,
        first_day=now.first,
        last_day=now.last,
        base_first_day=base.first,
        base_last_day=base.last,
    )
    return rows.select("part", value=figure, base=f"base_{figure}")


def _orders(query: Query, now: Days, base: Days) -> pl.DataFrame:
    rows = query("shop/today/orders", first_day=min(now.first, base.first), last_day=now.last)
    return (
        rows.group_by(part="channel")
        .agg(
            value=_sum_of(now),
            base=_sum_of(base),
        )
        .filter((pl.col("value") != 0) | (pl.col("base") != 0))
    )


def _sum_of(span: Days) -> pl.Expr:
    return pl.col("orders").filter(pl.col("day").is_between(span.first, span.last)).sum().cast(pl.Float64)
