"""Manual values beside the statistical forecast: what they are, and what a forecast becomes with them."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from shopkeeper.merchant.overrides import Override
from shopkeeper.supply.demand.frames.forecast import MANUAL, USED

_KEY = ["region", "sku"]


def overridden(
    forecasts: pl.DataFrame, overrides: Iterable[Override], as_of: date, *, whole: bool = True
) -> pl.DataFrame:
    """`forecasts` (rows region x SKU, `units` one value per day after `as_of`) with manual values, `USED.names`.

    `daily_mean` follows the units; errors stay: a manual value is not known to be better. `whole`: the rows hold
    all regions of their SKUs; else a value for all regions is shared out by what was its total when it was made. A
    value for a region where the SKU has no forecast yet adds a row; one for a SKU without any forecast is left out.
    """
    made = sorted(overrides, key=lambda override: override.made_at)
    plain = _with_new_regions(forecasts, made).with_columns(overridden=pl.lit(value=False))
    skus = {override.sku for override in made} & set(forecasts["sku"])
    if not skus:
        return plain.select(USED.names)
    touched = plain.filter(pl.col("sku").is_in(list(skus)))
    days = _days(touched, as_of)
    for override in made:
        if override.sku in skus:
            days = _applied(days, override, whole=whole)
    lists = days.group_by(_KEY, maintain_order=True).agg(
        "units", daily_mean=pl.col("units").mean(), overridden=pl.col("overridden").any()
    )
    fresh = touched.drop("units", "daily_mean", "overridden").join(lists, on=_KEY, how="left", maintain_order="left")
    rest = plain.filter(~pl.col("sku").is_in(list(skus)))
    return pl.concat([rest.select(USED.names), fresh.select(USED.names)]).sort(_KEY)


def _with_new_regions(forecasts: pl.DataFrame, made: list[Override]) -> pl.DataFrame:
    pairs = pl.DataFrame(
        [(override.region, override.sku) for override in made if override.region is not None],
        schema={"region": pl.String, "sku": pl.String},
        orient="row",
    ).unique(maintain_order=True)
    missing = pairs.join(forecasts, on=_KEY, how="anti")
    if missing.is_empty():
        return forecasts
    alike = forecasts.unique("sku", keep="first", maintain_order=True).drop("region")
    nothing = pl.lit(0.0)
    rows = missing.join(alike, on="sku", how="inner", maintain_order="left").with_columns(
        pattern=pl.lit("none"),
        model=pl.lit(None, dtype=pl.String),
        daily_mean=nothing,
        error_sd=nothing,
        lead_error_sd=pl.lit(None, dtype=pl.List(pl.Float64)),
        units=pl.col("units") * 0.0,
    )
    return pl.concat([forecasts, rows.select(forecasts.columns)])


def _days(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    ahead = pl.int_range(1, pl.len() + 1).over(_KEY)
    return (
        rows.select(*_KEY, "overridden", statistical="units")
        .explode("statistical", empty_as_null=False, keep_nulls=False)
        .with_columns(units="statistical", day=pl.lit(as_of) + pl.duration(days=ahead))
    )


def _applied(days: pl.DataFrame, override: Override, *, whole: bool) -> pl.DataFrame:
    """The days with one more manual value; regions share one for all of them by the statistical forecast."""
    covered = (pl.col("sku") == override.sku) & pl.col("day").is_between(override.starts_on, override.ends_on)
    if override.region is not None:
        covered &= pl.col("region") == override.region
        value = pl.lit(override.units_per_day)
    elif whole:
        total = pl.col("statistical").sum().over("sku", "day")
        share = pl.when(total > 0).then(pl.col("statistical") / total).otherwise(1 / pl.len().over("sku", "day"))
        value = share * override.units_per_day
    elif override.statistical_units_per_day > 0:
        value = pl.col("statistical") * (override.units_per_day / override.statistical_units_per_day)
    else:
        return days
    return days.with_columns(
        units=pl.when(covered).then(value).otherwise("units"), overridden=pl.col("overridden") | covered
    )


_MADE = {name: type_ for name, type_ in MANUAL.schema().items() if name in Override.__dataclass_fields__}


def listed(
    overrides: Iterable[Override], forecasts: pl.DataFrame, items: pl.DataFrame, regions: tuple[str, ...] | None
) -> pl.DataFrame:
    """Manual values as a table, the newest first, of the items that are in `items`, with what each changes.

    `regions` None: all may be seen.
    """
    now = forecasts.group_by("sku", "region").agg(pl.sum("daily_mean"))
    total = now.group_by("sku").agg(pl.sum("daily_mean"))
    rows = pl.DataFrame([{name: getattr(made, name) for name in _MADE} for made in overrides], schema=_MADE)
    if regions is not None:
        rows = rows.filter(pl.col("region").is_null() | pl.col("region").is_in(list(regions)))
    days = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days() + 1
    return (
        rows.join(items.select("sku", "name", "unit_margin"), on="sku", how="inner", maintain_order="left")
        .join(now, on=["sku", "region"], how="left", maintain_order="left")
        .join(total.rename({"daily_mean": "all_regions"}), on="sku", how="left", maintain_order="left")
        .with_columns(
            statistical_now=pl.when(pl.col("region").is_null()).then("all_regions").otherwise("daily_mean"),
            change=(pl.col("units_per_day") - pl.col("statistical_units_per_day")) * days,
        )
        .with_columns(worth=pl.col("change") * pl.col("unit_margin"))
        .sort("made_at", "id", descending=True)
        .select(MANUAL.names)
    )
