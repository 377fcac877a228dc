"""What a run of the forecast job gives: its tables, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shopkeeper.contract.forecasts import FORECAST_CHECKS, LEVELS
from shopkeeper.messages import Message
from shopkeeper.models.demand.bands import PROBABILITIES


@dataclass(frozen=True)
class Run:
    """All tables of `contract.forecasts` by name, and a summary of the run as plain JSON.

    `summary`: `doubts` and `notes` (messages as data), `as_of`, `first_day`, `cutoffs` (those of the backtest, as
    dates), `settings`, `series`, `reused` (series not forecast again), `events` (years seen, by name), `path` (the
    model of categories). Of an earlier run that a new one starts from, the table `forecasts` is enough.
    """

    tables: Mapping[str, pl.DataFrame]
    summary: Mapping[str, Any]

    def notes(self) -> tuple[Message, ...]:
        """What is to be doubted and what fell short, in sentences."""
        said = (*self.summary.get("doubts", ()), *self.summary["notes"])
        return tuple(Message.from_data(note) for note in said)

    def errors(self) -> pl.DataFrame:
        """How the backtest went, by level that was tested: `level, series, bias`, RMSSE pooled over series and weeks of
        ours and of simple methods (`rmsse, naive_rmsse, average_rmsse, zero_rmsse`), pinball loss over demand
        (`pinball, naive_pinball, average_pinball`; of a forecast of nothing it is 1), and shares of weeks beyond each
        end (`below_80, above_80, below_95, above_95`).
        """
        change = (pl.col("week_change") * pl.col("days") / 7).sum()
        methods = ("", "naive_", "average_")
        losses = {f"{name}pinball": pl.col(f"{name}pinball").list.sum().sum() for name in methods}
        beyond = [f"{side}_{coverage}" for coverage in (80, 95) for side in ("below", "above")]
        return (
            self.tables[FORECAST_CHECKS.name]
            .group_by("level")
            .agg(
                pl.col("demand").sum(),
                pl.col("weeks").sum(),
                series=pl.struct("category", "region", "sku").n_unique(),
                bias=pl.col("error").sum() / pl.col("demand").sum(),
                **{
                    f"{name}rmsse": pl.when(change > 0).then((pl.col(f"{name}square_error").sum() / change).sqrt())
                    for name in (*methods, "zero_")
                },
                **{name: 2 * loss / len(PROBABILITIES) / pl.col("demand").sum() for name, loss in losses.items()},
                **{name: pl.col(f"weeks_{name}").sum() / pl.col("weeks").sum() for name in beyond},
            )
            .filter(pl.col("demand") > 0, pl.col("weeks") > 0)
            .drop("demand", "weeks")
            .sort(pl.col("level").cast(pl.Enum(LEVELS)))
        )
