"""What was asked for and not there: days out of stock, units lost and their margin."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.messages import message
from shopkeeper.supply.demand.frames.comparisons import LOST
from shopkeeper.supply.demand.report import within
from shopkeeper.supply.filters import GoodsFilters

By = Literal["sku", "region", "location"]


@dataclass(frozen=True)
class LostSales:
    """Stock-outs, as chosen: `rows` are by `by`, money is at the item's mean of the last year.

    `units` and `margin` are sums of the rows (margin null where no cost is known). Snapshots of stock:
    `first_day` to `last_day` (null without any), of whose `calendar_days` only `snapshot_days` have one; `negative`
    counts locations x SKUs with a negative quantity, taken for nothing.
    """

    filters: GoodsFilters
    by: By
    as_of: date
    rows: Annotated[pl.DataFrame, LOST]
    units: float
    margin: float | None
    first_day: date | None
    last_day: date | None
    snapshot_days: int
    calendar_days: int
    negative: int

    @property
    def valued_in(self) -> str:
        """The column of `rows` that says what was lost in money: margin where it is known, else net revenue."""
        return "lost_margin" if self.margin is not None else "lost_revenue"

    def worth(self, first: int | None = None) -> float:
        """What the `first` rows lost in money, or all."""
        return float(self.rows[self.valued_in].head(first or self.rows.height).sum())


def report(query: Query, filters: GoodsFilters, by: By = "sku") -> LostSales:
    """Stock-outs of what the filters choose, as the last forecast run estimated them."""
    if by not in ("sku", "region", "location"):
        raise Refused(
            message(
                "“{by}” is no way to list stock-outs; choose sku, region or location.",
                by=by,
            )
        )
    seen = within(filters, query.scope)
    stock_outs = query("supply/demand/lost", by=by, **seen.parameters())
    rows = _worth(stock_outs, query("supply/demand/items"))
    snapshots = query("supply/demand/snapshots")
    first, last, days, negative = (
        snapshots.select("first_day", "last_day", "snapshot_days", "negative").row(0)
        if snapshots.height
        else (None, None, 0, 0)
    )
    return LostSales(
        filters,
        by,
        query.version.as_of,
        rows,
        float(rows["lost"].sum()),
        float(rows["lost_margin"].sum()) if rows["lost_margin"].count() else None,
        first,
        last,
        days,
        (query.version.as_of - first).days + 1 if first else 0,
        negative,
    )


def _worth(rows: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.join(items.drop("category"), on="sku", how="left", maintain_order="left")
        .with_columns(
            lost_revenue=pl.col("lost") * pl.col("unit_revenue"), lost_margin=pl.col("lost") * pl.col("unit_margin")
        )
        .select(LOST.names)
        .sort(
            pl.coalesce("lost_margin", "lost_revenue", "lost"),
            "sku",
            "region",
            "location",
            descending=[True, False, False, False],
            nulls_last=True,
        )
    )
