"""The CDNOW sample inside the installed `lifetimes`, read by path: its dataset module needs an older setuptools."""

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl

CALIBRATION_END = date(1997, 9, 30)
WEEKS_39 = 39


def transactions() -> pl.DataFrame:
    """`customer, day, value`: one row per customer and day."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    lines = (Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt").read_text().split("\n")
    rows = [line.split() for line in lines if line.strip()]
    raw = pl.DataFrame(
        {
            "customer": [row[1] for row in rows],
            "day": [date(int(row[2][:4]), int(row[2][4:6]), int(row[2][6:])) for row in rows],
            "value": [float(row[4]) for row in rows],
        }
    )
    return raw.group_by("customer", "day").agg(pl.col("value").sum()).sort("customer", "day")


def customers() -> pl.DataFrame:
    """One row per customer, times in weeks: `frequency, recency, T, customers, holdout, monetary_value, log_times`."""
    bought = transactions().with_columns(
        first=pl.col("day").min().over("customer"), before=pl.col("day").shift().over("customer")
    )
    seen = pl.col("day") <= CALIBRATION_END
    repeat = seen & (pl.col("day") > pl.col("first"))
    return (
        bought.group_by("customer", maintain_order=True)
        .agg(
            frequency=repeat.sum().cast(pl.Int64),
            recency=(pl.col("day").filter(seen).max() - pl.col("first").first()).dt.total_days() / 7,
            T=(pl.lit(CALIBRATION_END) - pl.col("first").first()).dt.total_days() / 7,
            holdout=(~seen).sum().cast(pl.Int64),
            monetary_value=pl.col("value").filter(repeat).mean(),
            log_times=((pl.col("day") - pl.col("before")).dt.total_days() / 7).log().filter(repeat).sum(),
        )
        .with_columns(customers=pl.lit(1))
    )


def tuples(rows: pl.DataFrame) -> pl.DataFrame:
    """The distinct histories and how many customers share each."""
    keys = [name for name in ("frequency", "recency", "T", "holdout") if name in rows.columns]
    sums = [name for name in ("customers", "log_times") if name in rows.columns]
    return rows.group_by(keys).agg(pl.col(sums).sum()).sort(keys)
