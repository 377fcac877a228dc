"""Series of days as matrices and as lists."""

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.lead_errors import SumErrors


def matrix(frame: pl.DataFrame, column: str = "units") -> Floats:
    """A column of lists as rows x days; shorter lists and nulls are filled with 0."""
    values = frame[column]
    if values.is_empty():
        return np.zeros((0, 0))
    lengths = values.list.len().fill_null(0)
    longest = int(lengths.max() or 0)  # type: ignore[arg-type]
    if lengths.min() != longest:
        pad = pl.lit(0.0).repeat_by(longest - pl.col(column).list.len().fill_null(0))
        values = frame.select(pl.concat_list(pl.col(column).fill_null([]), pad).alias(column))[column]
    flat = values.explode(empty_as_null=False, keep_nulls=False).fill_null(0.0).to_numpy()
    return np.asarray(flat, dtype=float).reshape(frame.height, longest)


def as_lists(values: Floats, name: str = "units") -> pl.Series:
    """Rows x days as a column of lists."""
    return (
        pl.Series(name, values).cast(pl.List(pl.Float64)) if len(values) else pl.Series(name, [], pl.List(pl.Float64))
    )


def errors_of(frame: pl.DataFrame, daily: str = "error_sd", by_weeks: str = "lead_error_sd") -> SumErrors:
    """The errors of these rows: of a day (none where null), and of sums over weeks (a list; null: not measured)."""
    daily_sd = np.array(frame[daily].cast(pl.Float64).fill_null(0.0).to_numpy(), dtype=float)
    sums = np.array(matrix(frame, by_weeks))
    sums[frame[by_weeks].is_null().to_numpy()] = np.nan
    return SumErrors(daily_sd, sums if len(sums) else np.zeros((0, 0)))
