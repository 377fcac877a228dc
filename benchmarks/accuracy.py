"""What was forecast of public data against what came: `make accuracy`, the table of docs/models.md.

From each cutoff the whole job runs on what was known by then; the next four weeks are compared by week. RMSSE is pooled
over a level's rows: root mean square of the misses over that of the changes from week to week before the cutoff. Of the
sample shop the true rates are known: no forecast can miss less than they do.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import FORECASTS
from shopkeeper.jobs.forecast.history import LEVEL_KEYS, build_history
from shopkeeper.jobs.forecast.job import forecast_history
from shopkeeper.models.arrays import Floats
from shopkeeper.query_files import ROOT
from shopkeeper.sample import expected

REAL = Path(os.environ.get("SHOPKEEPER_REAL_DATA", ""))
WEEKS = 4
CUTOFFS = 5
AVERAGED_WEEKS = 8
LEVELS = ("shop", "category", "sku", "region_sku")
METHODS = ("ours", "seasonal naive", "moving average", "zero", "true rates")
NO_EVENTS = {"name": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}
NOTHING_LOST = {"sku": pl.String, "region": pl.String, "location": pl.String, "day": pl.Date, "lost": pl.Float64}


@dataclass(frozen=True)
class DataSet:
    """Demand by `sku, category, region, day, units`, and events; `rates`: what was to be expected, where known."""

    name: str
    demand: pl.DataFrame
    events: pl.DataFrame
    rates: pl.DataFrame | None = None


def online_retail() -> DataSet:
    """Wholesale gifts: closed on Saturdays and over Christmas, sold in bulk; countries are regions."""
    lines = pl.read_parquet(REAL / "online_retail.parquet")
    sold = lines.filter(pl.col("Quantity") > 0, pl.col("UnitPrice") > 0, pl.col("StockCode").str.contains("^[0-9]"))
    demand = sold.group_by(
        sku="StockCode", category=pl.lit("(none)"), region="Country", day=pl.col("InvoiceDate").dt.date()
    ).agg(units=pl.col("Quantity").sum().cast(pl.Float64))
    return DataSet("Online Retail", demand, pl.DataFrame(schema=NO_EVENTS))


def complete_journey() -> DataSet:
    """Groceries of a panel of households; departments are categories, all stores one region."""
    lines = pl.read_parquet(REAL / "completejourney_transactions.parquet")
    products = pl.read_parquet(REAL / "completejourney_products.parquet").select("product_id", "department")
    moment = pl.from_epoch(pl.col("transaction_timestamp").cast(pl.Int64))
    demand = (
        lines.join(products, on="product_id")
        .filter(pl.col("quantity").is_between(1, 50))
        .group_by(sku="product_id", category="department", region=pl.lit("(none)"), day=moment.dt.date())
        .agg(units=pl.col("quantity").sum().cast(pl.Float64))
    )
    return DataSet("Complete Journey", demand, pl.DataFrame(schema=NO_EVENTS))


def our_sample() -> DataSet:
    """The simulated shop."""
    lines = pl.read_parquet(ROOT / "sample_data" / "order_lines")
    products = pl.read_parquet(ROOT / "sample_data" / "products.parquet").select("sku", of_item="category")
    sold = lines.filter(pl.col("status").fill_null("sale") == "sale", pl.col("quantity") > 0)
    demand = (
        sold.join(products, on="sku")
        .group_by("sku", category="of_item", region="ship_to_region", day=pl.col("ordered_at").dt.date())
        .agg(units=pl.col("quantity").sum().cast(pl.Float64))
    )
    events = pl.read_parquet(ROOT / "sample_data" / "events.parquet").select(*NO_EVENTS)
    rates = expected.rates(ROOT / "sample_data").join(products, on="sku").rename({"of_item": "category"})
    return DataSet("the sample", demand, events, rates)


def weekly(demand: pl.DataFrame, keys: tuple[str, ...], rows: pl.DataFrame, first: date, weeks: int) -> Floats:
    """`rows` x weeks from `first` on."""
    number = (pl.col("day") - first).dt.total_days() // 7
    counted = demand.with_columns(week=number).filter(pl.col("week").is_between(0, weeks - 1))
    totals = np.zeros((max(rows.height, 1), weeks))
    numbered = rows.with_row_index("row")
    counted = counted.join(numbered, on=list(keys)) if keys else counted.with_columns(row=pl.lit(0))
    sums = counted.group_by("row", "week").agg(pl.col("units").sum())
    totals[sums["row"].to_numpy(), sums["week"].to_numpy()] = sums["units"].to_numpy()
    return totals


def compared(data: DataSet, cutoff: date) -> Iterator[tuple[str, str, float, float, float, float]]:
    """By level and method: squared miss, squared change, sum forecast, sum that came; from one cutoff."""
    past_demand = data.demand.filter(pl.col("day") <= cutoff)
    first: date = past_demand["day"].min()  # type: ignore[assignment]
    items = past_demand.select("sku", "category").unique("sku").with_columns(launched_on=None, delisted_on=None)
    items = items.cast({"launched_on": pl.Date, "delisted_on": pl.Date})
    nothing = pl.DataFrame(schema=NOTHING_LOST)
    history = build_history(first, cutoff, past_demand, items, data.events, nothing)
    forecasts = forecast_history(history).tables[FORECASTS.name]
    past = (cutoff - first).days // 7
    for level in LEVELS:
        keys = LEVEL_KEYS[level]
        rows = forecasts.filter(level=level)
        ours = np.array(rows["units"].to_list())[:, : WEEKS * 7].reshape(rows.height, WEEKS, 7).sum(axis=2)
        came = weekly(data.demand, keys, rows.select(keys), cutoff + timedelta(days=1), WEEKS)
        before = weekly(past_demand, keys, rows.select(keys), cutoff + timedelta(days=1 - 7 * past), past)
        change = float((np.diff(before, axis=1) ** 2).mean())
        answers: Mapping[str, Floats] = {
            "ours": ours,
            "seasonal naive": np.repeat(before[:, -1:], WEEKS, axis=1),
            "moving average": np.repeat(before[:, -AVERAGED_WEEKS:].mean(axis=1, keepdims=True), WEEKS, axis=1),
            "zero": np.zeros_like(came),
        }
        if data.rates is not None:
            true = weekly(data.rates, keys, rows.select(keys), cutoff + timedelta(days=1), WEEKS)
            answers = {**answers, "true rates": true}
        for method, answer in answers.items():
            yield level, method, float(((answer - came) ** 2).mean()), change, float(answer.sum()), float(came.sum())


def table(data: DataSet, cutoffs: int = CUTOFFS) -> pl.DataFrame:
    """Level x method: pooled RMSSE over cutoffs, and the total that was forecast over the total that came."""
    last: date = data.demand["day"].max()  # type: ignore[assignment]
    days = [last - timedelta(days=28 * (back + 1)) for back in range(cutoffs)]
    rows = [row for day in days for row in compared(data, day)]
    columns = ["level", "method", "miss", "change", "forecast", "came"]
    return (
        pl.DataFrame(rows, schema=columns, orient="row")
        .group_by("level", "method", maintain_order=True)
        .agg(
            rmsse=(pl.col("miss").sum() / pl.col("change").sum()).sqrt(),
            total=pl.col("forecast").sum() / pl.col("came").sum(),
        )
    )


def main() -> None:
    """Print the tables in Markdown."""
    print("| data | level | " + " | ".join(METHODS) + " | forecast / came |")
    print("|---|---|" + "---:|" * (len(METHODS) + 1))
    for read in (online_retail, complete_journey, our_sample):
        data = read()
        result = table(data)
        for level in LEVELS:
            rows = {row["method"]: row for row in result.filter(level=level).to_dicts()}
            figures = " | ".join(f"{rows[method]['rmsse']:.3f}" if method in rows else "" for method in METHODS)
            print(f"| {data.name} | {level} | {figures} | {rows['ours']['total']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
