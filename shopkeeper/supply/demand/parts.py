"""The frames of the demand report: weeks and days ahead, totals, series, and what each is worth."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import polars as pl

from shopkeeper.lake.version import Version
from shopkeeper.models.demand.series import as_lists, matrix
from shopkeeper.supply.demand.bands import BANDS, LISTS, added, moved, totals, weekly
from shopkeeper.supply.demand.frames.forecast import SERIES, TOTALS, WEEKS_BEHIND

MONTH, QUARTER = 28, 91
"""Days of the two totals: the next 4 and the next 13 weeks."""
YEAR = 364
"""52 weeks: the same weekday a year before."""


def changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What manual values change, rows region x SKU: `region, category, sku, units` (a list by day, after - before)."""
    rows = after.filter(pl.col("overridden"))
    if rows.is_empty():
        return rows.select("region", "category", "sku", "units")
    both = rows.join(
        before.select("region", "sku", plain="units"), on=["region", "sku"], how="left", maintain_order="left"
    ).with_columns(plain=pl.coalesce("plain", pl.col("units") * 0.0))
    delta = matrix(both) - matrix(both, "plain")
    return both.select("region", "category", "sku").with_columns(as_lists(delta))


def worth(used: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Rows of `demand.used` as `region, category, sku, pattern, units, revenue, margin` over 28 days, and `_91`."""
    month = pl.col("units").list.head(MONTH).list.sum()
    quarter = pl.col("units").list.head(QUARTER).list.sum()
    return (
        used.select("region", "category", "sku", "pattern", units=month, units_91=quarter)
        .join(items.select("sku", "unit_margin", "unit_revenue"), on="sku", how="left", maintain_order="left")
        .with_columns(
            revenue=pl.col("units") * pl.col("unit_revenue"),
            margin=pl.col("units") * pl.col("unit_margin"),
            revenue_91=pl.col("units_91") * pl.col("unit_revenue"),
            margin_91=pl.col("units_91") * pl.col("unit_margin"),
        )
        .drop("unit_margin", "unit_revenue")
    )


def grouped(rows: pl.DataFrame, keys: Sequence[str], by: Literal["units", "revenue"] = "units") -> pl.DataFrame:
    """Rows of `worth` by `keys`: `series, units, units_91, revenue, margin` and `share` of `by`, most first."""
    has_margin = pl.col("margin").count() > 0
    whole = pl.col(by).sum()
    return (
        rows.group_by(keys, maintain_order=True)
        .agg(
            pl.sum("units", "units_91", "revenue"),
            margin=pl.when(has_margin).then(pl.col("margin").sum()),
            series=pl.len().cast(pl.Int64),
        )
        .with_columns(share=pl.when(whole > 0).then(pl.col(by) / whole))
        .sort(by, *keys, descending=[True, *[False] * len(keys)])
    )


def weeks(whole: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row per week ahead of the one series `whole`; see `Demand.weeks`."""
    frame = series_weeks(whole.with_columns(daily="units", statistical_daily="statistical"), as_of, [])
    return frame.drop("overridden")


def days(whole: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row per day ahead of the one series `whole`; see `Demand.days`."""
    frame = whole.select(forecast="units", statistical="statistical").explode(
        "forecast", "statistical", empty_as_null=False
    )
    ahead = pl.int_range(1, pl.len() + 1)
    return frame.select(day=pl.lit(as_of) + pl.duration(days=ahead), forecast="forecast", statistical="statistical")


def totals_of(
    whole: pl.DataFrame, rows: pl.DataFrame, history: pl.DataFrame, error_correlation: float, version: Version
) -> pl.DataFrame:
    """The next 28 and 91 days; see `Demand.totals`."""
    frames = []
    for span, ending in ((MONTH, ""), (QUARTER, "_91")):
        if whole.is_empty():
            continue
        last = history.filter(pl.col("day") > version.as_of - timedelta(days=span))["units"].sum()
        before = version.as_of - timedelta(days=YEAR)
        same = history.filter(pl.col("day").is_between(before, before + timedelta(days=span), closed="right"))
        margin = rows[f"margin{ending}"]
        frames.append(
            totals(whole, span // 7, error_correlation).with_columns(
                days=pl.lit(span, dtype=pl.Int64),
                last=pl.lit(float(last)),
                year_before=pl.lit(float(same["units"].sum()) if version.first_day <= before else None, pl.Float64),
                revenue=pl.lit(float(rows[f"revenue{ending}"].sum())),
                margin=pl.lit(float(margin.sum()) if margin.count() else None, pl.Float64),
            )
        )
    return pl.concat(frames).select(TOTALS.names) if frames else pl.DataFrame(schema=TOTALS.schema())


def by_series(
    level_series: pl.DataFrame,
    keys: list[str],
    change: pl.DataFrame,
    recent: pl.DataFrame,
    rows: pl.DataFrame,
    items: pl.DataFrame,
    error_correlation: float,
) -> pl.DataFrame:
    """One row per value of `keys`, by margin, else revenue; see `Demand.series`.

    `level_series` are series of a level that tells `keys` apart, `recent` rows of demand_recent, `rows` those of
    `worth`. Pattern and model are named where a row is one series.
    """
    series = moved(added(level_series, keys), added(change, keys, ["units"]), keys)
    month = totals(series, MONTH // 7, error_correlation)
    named = pl.col("pattern", "model").first() if level_series.height == series.height else pl.lit(None, pl.String)
    kinds = (
        level_series.group_by(keys, maintain_order=True).agg(named)
        if keys and level_series.height == series.height
        else None
    )
    combined = series.drop("series", "statistical", *LISTS).with_columns(
        daily=series["units"],
        statistical_daily=series["statistical"],
        **{f"week_{name}": series[name] for name in BANDS},
        **{name: month[name] for name in month.columns},
    )
    for frame in (
        kinds,
        _summed(recent, keys, ["last", "year_before"]),
        _summed(rows, keys, ["units_91", "revenue", "margin"]),
    ):
        if frame is not None:
            combined = _joined(combined, frame, keys)
    if "sku" in keys:
        combined = combined.join(items.select("sku", "name", "abc"), on="sku", how="left", maintain_order="left")
    missing = [pl.lit(None, pl.String).alias(name) for name in SERIES.names if name not in combined.columns]
    order = [name for name in ("margin", "revenue", "units") if combined[name].count()][:1]
    said = ["last", *(["year_before"] if recent["year_before"].count() else [])]
    combined = combined.with_columns(missing).with_columns(pl.col(said).fill_null(0.0)).select(SERIES.names)
    if not order:
        return combined
    return combined.sort(*order, *keys, descending=[True] * len(order) + [False] * len(keys), nulls_last=True)


def series_weeks(series: pl.DataFrame, as_of: date, keys: Sequence[str]) -> pl.DataFrame:
    """Rows of `Demand.series` by week ahead, in units per week.

    Columns: `keys, week, starts_on, ends_on, forecast, statistical`, `BANDS`, `overridden`.
    """
    prefix = "week_" if "week_low_80" in series.columns else ""
    forecast, plain = weekly(matrix(series, "daily")), weekly(matrix(series, "statistical_daily"))
    count = forecast.shape[1]
    frame = series.select(*keys, "overridden", *(pl.col(f"{prefix}{name}").alias(name) for name in BANDS))
    frame = frame.with_columns(as_lists(forecast, "forecast"), as_lists(plain, "statistical"))
    week = pl.lit(list(range(1, count + 1)), dtype=pl.List(pl.Int64))
    frame = frame.with_columns(pl.col(name).list.head(count) for name in BANDS).with_columns(week=week)
    rows = frame.explode("week", "forecast", "statistical", *BANDS, empty_as_null=False)
    start = pl.lit(as_of) + pl.duration(days=pl.col("week") * 7 - 6)
    return rows.with_columns(starts_on=start, ends_on=start + pl.duration(days=6)).select(
        *keys, "week", "starts_on", "ends_on", "forecast", "statistical", *BANDS, "overridden"
    )


def _summed(rows: pl.DataFrame, keys: list[str], names: list[str]) -> pl.DataFrame:
    sums = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in names]
    return rows.group_by(keys, maintain_order=True).agg(sums) if keys else rows.select(sums)


def _joined(rows: pl.DataFrame, frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    if not keys:
        return rows.join(frame, how="cross")
    return rows.join(frame, on=keys, how="left", maintain_order="left", nulls_equal=True)


def behind(history: pl.DataFrame, as_of: date, count: int) -> pl.DataFrame:
    """The history by week of seven days, the last `count` up to as-of; one begun before the data is left out."""
    back = ((pl.lit(as_of) - pl.col("day")).dt.total_days() // 7).alias("back")
    lost = pl.when(pl.col("lost").count() > 0).then(pl.col("lost").sum()).alias("lost")
    return (
        history.with_columns(back)
        .group_by("back")
        .agg(
            pl.col("day").min().alias("starts_on"),
            pl.col("day").max().alias("ends_on"),
            pl.sum("units"),
            lost,
            n=pl.len(),
        )
        .filter(pl.col("n") == 7, pl.col("back") < count)
        .sort("starts_on")
        .select(WEEKS_BEHIND.names)
    )
