"""How lifetime value is spread over customers: classes, the shares of the richest, and the matrix of histories."""

from typing import Annotated

import polars as pl

from shopkeeper.customers.lifetime_value.frames import BANDS, DISTRIBUTION, SEGMENTS_READ

MOST_FREQUENT = 10
MOST_INACTIVE_MONTHS = 24
INACTIVE_MONTHS = (0, 1, 2, 3, 6, 12, MOST_INACTIVE_MONTHS)
"""Months with which the bands of inactivity begin."""


def class_width(top: float | None) -> float | None:
    """A tenth of the 95th percentile, rounded up to two digits; None where nothing above 0 is predicted."""
    return _rounded_up(float(top) / 10) if top and top > 0 else None


def distribution(by_band: pl.DataFrame, width: float) -> Annotated[pl.DataFrame, DISTRIBUTION]:
    """Ten classes of this width and one for the rest, of the rows of queries/customers/lifetime_value/classes.sql."""
    return (
        pl.DataFrame({"band": list(range(11))})
        .join(by_band, on="band", how="left", maintain_order="left")
        .select(
            low=pl.col("band") * width,
            high=pl.when(pl.col("band") < 10).then((pl.col("band") + 1) * width),
            customers=pl.col("customers").fill_null(0),
            predicted_value=pl.col("predicted_value").fill_null(0.0),
        )
    )


def _rounded_up(width: float) -> float:
    digits = len(str(int(width))) - 2 if width >= 10 else -2
    step = 10.0**digits
    return float(-(-width // step) * step)


def lorenz(held: pl.DataFrame) -> pl.DataFrame:
    """`percent, share, historic, predicted`: running shares of what each per cent of customers holds."""
    if held.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(("percent", "share", "historic", "predicted"), pl.Float64))
    points = pl.DataFrame({"percent": list(range(101))}, schema={"percent": pl.Int32})
    running = points.join(held, on="percent", how="left", maintain_order="left").fill_null(0.0)
    total = {name: float(running[name].sum()) for name in ("historic", "predicted")}
    return running.select(
        "percent",
        share=pl.col("percent") / 100,
        **{
            name: (pl.col(name).cum_sum() / whole if whole else pl.lit(None, dtype=pl.Float64))
            for name, whole in total.items()
        },
    )


def inactivity_names() -> list[str]:
    """`0`, `3–5`, `24+`: the columns of the matrix."""
    ends = [*INACTIVE_MONTHS[1:], None]
    return [
        f"{start}+" if end is None else str(start) if end == start + 1 else f"{start}–{end - 1}"
        for start, end in zip(INACTIVE_MONTHS, ends, strict=True)
    ]


def banded(matrix: pl.DataFrame) -> Annotated[pl.DataFrame, BANDS]:
    """The matrix with its months in the bands of `INACTIVE_MONTHS`: means weighted by customers."""
    customers = pl.col("customers")
    column = sum(((pl.col("inactive_months") >= start).cast(pl.Int64) for start in INACTIVE_MONTHS[1:]), pl.lit(0))
    names = inactivity_names()
    most = pl.col("row") == MOST_FREQUENT
    return (
        matrix.group_by(row=pl.col("frequency").cast(pl.Int64), column=column)
        .agg(
            *((pl.col(name) * customers).sum() / customers.sum() for name in ("p_alive", "predicted_value")),
            customers.sum(),
        )
        .sort("row", "column")
        .with_columns(
            frequency=pl.when(most).then(pl.lit(f"{MOST_FREQUENT}+")).otherwise(pl.col("row").cast(pl.String)),
            inactivity=pl.col("column").replace_strict(dict(enumerate(names)), return_dtype=pl.String),
        )
        .select(BANDS.names)
    )


def per_customer(segments: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The segments of one kind: years in their order, others by predicted value of a customer."""
    rows = segments.filter(pl.col("segment_kind") == kind)
    rows = (
        rows.sort("segment")
        if kind == "cohort"
        else rows.sort("predicted_each", "historic_each", descending=True, nulls_last=True)
    )
    return rows.select(SEGMENTS_READ)
