"""What was forecast on earlier days against what came, week by week, once the weeks have closed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.supply.demand.frames.comparisons import SAID, SAID_WEEKS
from shopkeeper.supply.demand.report import chosen, source, within
from shopkeeper.supply.filters import GoodsFilters


@dataclass(frozen=True)
class Said:
    """Earlier forecasts of what is chosen, manual values left out; both frames are empty until a week has closed."""

    filters: GoodsFilters
    as_of: date
    forecasts: Annotated[pl.DataFrame, SAID]
    weeks: Annotated[pl.DataFrame, SAID_WEEKS]


def report(query: Query, filters: GoodsFilters) -> Said:
    """The earlier forecasts that were kept, the newest first, each with the weeks of it that have closed."""
    seen, as_of = within(filters, query.scope), query.version.as_of
    weeks = query("supply/demand/said", as_of=as_of, level=source(seen, []), **chosen(seen))
    came = pl.col("came").sum()
    forecasts = (
        weeks.group_by("cutoff", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("weeks_closed"),
            pl.col("forecast").sum(),
            came.alias("came"),
            difference=pl.when(came > 0).then(pl.col("forecast").sum() / came - 1),
            weeks_below=(pl.col("came") < pl.col("low_80")).sum().cast(pl.Int64),
            weeks_above=(pl.col("came") > pl.col("high_80")).sum().cast(pl.Int64),
        )
        .sort("cutoff", descending=True)
    )
    return Said(filters, as_of, forecasts.select(SAID.names), weeks.select(SAID_WEEKS.names))
