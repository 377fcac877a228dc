"""What a run of the forecast job gives: its tables, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shopkeeper.contract.forecasts import FORECAST_CHECKS, LEVELS
from shopkeeper.messages import Message


@dataclass(frozen=True)
class Run:
    """All tables of `contract.forecasts` by name, and a summary of the run as plain JSON.

    `summary`: `notes` (messages as data), `as_of`, `first_day`, `cutoffs` (the cutoffs of the backtest, as dates),
    `settings`, `series`, `reused` (series not forecast again), `events` (years seen, by name), `path` (the model of
    categories). Of an earlier run that a new one starts from, the table `forecasts` is enough.
    """

    tables: Mapping[str, pl.DataFrame]
    summary: Mapping[str, Any]

    def notes(self) -> tuple[Message, ...]:
        """What fell short, in sentences."""
        return tuple(Message.from_data(note) for note in self.summary["notes"])

    def errors(self) -> pl.DataFrame:
        """How the backtest went, by level that was tested: `level, series, wape, naive_wape, bias,
        coverage_80, coverage_95` (shares of weeks inside their band).
        """

        def share(above: str, below: str) -> pl.Expr:
            return pl.col(above).sum() / pl.col(below).sum()

        backtest = self.tables[FORECAST_CHECKS.name]
        order = pl.Enum(LEVELS)
        return (
            backtest.group_by("level")
            .agg(
                series=pl.struct("category", "region", "sku").n_unique(),
                wape=share("absolute_error", "demand"),
                naive_wape=share("naive_absolute_error", "demand"),
                bias=share("error", "demand"),
                coverage_80=share("weeks_within_80", "weeks"),
                coverage_95=share("weeks_within_95", "weeks"),
                demand=pl.col("demand").sum(),
                weeks=pl.col("weeks").sum(),
            )
            .filter(pl.col("demand") > 0, pl.col("weeks") > 0)
            .drop("demand", "weeks")
            .sort(pl.col("level").cast(order))
        )
