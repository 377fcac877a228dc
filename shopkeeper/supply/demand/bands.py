"""Adding series of forecasts up, with their bands: series to a whole, weeks to a total.

Bands of several series are added as if all of them erred the same way, and a total of weeks by the correlation
of the weeks' errors in the backtest: neither can be narrower than what was measured.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.series import as_lists, matrix

BANDS = ("low_80", "high_80", "low_95", "high_95")
LISTS = ("units", *BANDS)
FEWEST_TESTS = 8
"""Below so many tests the errors of weeks are taken to be fully correlated."""


def weekly(daily: Floats) -> Floats:
    """Sums of seven days; days of an unfinished week are left out."""
    weeks = daily.shape[1] // 7
    return np.asarray(daily[:, : weeks * 7].reshape(len(daily), weeks, 7).sum(axis=2))


def added(series: pl.DataFrame, keys: Sequence[str], names: Sequence[str] = LISTS) -> pl.DataFrame:
    """One row per value of `keys` (one in all without keys): `keys`, the lists `names` added up, and `series` (INT)."""
    if not keys:
        groups = pl.DataFrame({"series": [series.height]}).head(min(series.height, 1))
        places = np.zeros(series.height, dtype=np.int64)
    else:
        groups = series.group_by(keys, maintain_order=True).agg(series=pl.len())
        numbered = series.select(keys).join(
            groups.select(keys).with_row_index("place"), on=keys, how="left", nulls_equal=True, maintain_order="left"
        )
        places = numbered["place"].to_numpy()
    columns = []
    for name in names:
        rows = matrix(series, name)
        total = np.zeros((groups.height, rows.shape[1]))
        np.add.at(total, places, rows)
        columns.append(as_lists(total, name))
    return groups.with_columns(*columns)


def moved(series: pl.DataFrame, change: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`series` (`keys`, `LISTS`) with what manual values change (`keys`, `units`: a list by day) added to its units.

    Adds `statistical` (units as they were) and `overridden`. Bands move with the units, not below 0.
    """
    plain = series.with_columns(statistical="units", overridden=pl.lit(value=False))
    if change.is_empty() or series.is_empty():
        return plain
    if keys:
        places = plain.select(keys).with_row_index("place")
        numbered = change.join(places, on=keys, how="inner", nulls_equal=True)
    else:
        numbered = change.with_columns(place=pl.lit(0, dtype=pl.UInt32))
    rows, units = numbered["place"].to_numpy(), matrix(plain).copy()
    delta = np.zeros_like(units)
    np.add.at(delta, rows, matrix(numbered))
    by_week = weekly(delta)
    bands = [as_lists(np.maximum(matrix(plain, name) + by_week, 0.0), name) for name in BANDS]
    touched = np.isin(np.arange(plain.height), rows)
    return plain.with_columns(as_lists(units + delta), *bands, overridden=pl.Series(touched))


def correlation(errors: pl.DataFrame) -> float:
    """Correlation of weeks' errors, 0 to 1, from a row of queries/supply/demand/week_errors.sql; 1 where it is unknown.

    With m weeks of correlation r, E[(sum of errors)^2] = (1 + (m - 1) r) times the sum of their squares.
    """
    if errors.is_empty() or errors["tests"][0] < FEWEST_TESTS or not errors["square_total"][0]:
        return 1.0
    row = errors.row(0, named=True)
    ratio = row["total_square"] / row["square_total"]
    return float(min(max((ratio - 1) / (row["weeks"] - 1), 0.0), 1.0))


def totals(series: pl.DataFrame, weeks: int, error_correlation: float) -> pl.DataFrame:
    """Rows of `series` (`units`, `statistical`, `BANDS`): the same names as sums over the first `weeks` weeks."""
    units = weekly(matrix(series))[:, :weeks]
    total = units.sum(axis=1)
    count = max(units.shape[1], 1)
    widen = np.sqrt(1 + (count - 1) * error_correlation)
    columns = [
        pl.Series("units", total),
        pl.Series("statistical", weekly(matrix(series, "statistical"))[:, :weeks].sum(axis=1)),
    ]
    for name in BANDS:
        away = matrix(series, name)[:, :weeks] - units
        reach = widen * np.sqrt((away**2).sum(axis=1))
        value = total - reach if name.startswith("low") else total + reach
        columns.append(pl.Series(name, np.maximum(value, 0.0)))
    return pl.DataFrame(columns)
