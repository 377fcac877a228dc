"""The history that forecasts are made from: demand of items in regions by day, from the first on sale to as-of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.jobs.forecast.substitutes import without_substitution
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand.events import Window
from shopkeeper.models.demand.patterns import NEW_DAYS

FAR = 10**6
"""End of sale of what is not delisted."""
HIGH, CAP, ENOUGH_DAYS = 0.95, 10, 20
"""A region's day counts at most ten times the item's 95th percentile, which takes 20 days with demand to know."""
MOST_REGIONS = 60
"""In which a newcomer is expected before anybody stocks it: a chain's every store is a region."""
TIERS, MIDDLE_TIER, FEWEST_PRICED = 3, 1, 6
"""Price tiers of a category, and priced items that it takes to have them."""
LEVEL_KEYS: Mapping[str, tuple[str, ...]] = {
    "shop": (),
    "category": ("category",),
    "region": ("region",),
    "region_category": ("category", "region"),
    "sku": ("category", "sku"),
    "region_sku": ("category", "sku", "region"),
}


@dataclass(frozen=True)
class Group:
    """One level: the keys of its rows, and for each series the row that it adds to."""

    keys: pl.DataFrame
    of: Ints

    @property
    def rows(self) -> int:
        """How many; the shop is one row without keys."""
        return self.keys.height if self.keys.width else 1


@dataclass(frozen=True)
class History:
    """Demand by series and day; days are counted from the first day of the data.

    `series` has `category, sku, region, start, end, tier, masked_days`, one row per series, sorted: `start` and `end`
    are the first and last day on sale, `tier` that of the item's price in its category, `masked_days` days out of
    stock. Days with demand lie one after the other in `day` and `demand`, those of series n from `offsets[n]` to
    `offsets[n + 1]`; `units` are what models learn from, which is less on days that are out of all proportion
    (`capped_days` says how many).
    """

    first_day: date
    as_of: date
    series: pl.DataFrame
    offsets: Ints
    day: Ints
    demand: Floats
    units: Floats
    windows: tuple[Window, ...]
    capped_days: int = 0

    @property
    def days(self) -> int:
        """Days of the history."""
        return (self.as_of - self.first_day).days + 1

    @cached_property
    def owner(self) -> Ints:
        """Series of each day with demand."""
        return np.repeat(np.arange(self.series.height), np.diff(self.offsets))

    def group(self, level: str) -> Group:
        """Rows of a level, sorted by their keys."""
        keys = list(LEVEL_KEYS[level])
        if not keys:
            return Group(pl.DataFrame(), np.zeros(self.series.height, dtype=np.int64))
        rows = self.series.select(keys).unique().sort(keys)
        of = self.series.select(keys).join(rows.with_row_index("row"), on=keys, how="left", maintain_order="left")
        return Group(rows, of["row"].cast(pl.Int64).to_numpy())

    def sums(self, of: Ints, rows: int, *, only: Floats | None = None, uncapped: bool = False) -> Floats:
        """Rows x days: demand of the series added up by row, what models learn from or, `uncapped`, all of it.

        `only` weighs the series.
        """
        flat = of[self.owner] * self.days + self.day
        values = self.demand if uncapped else self.units
        weights = values if only is None else values * only[self.owner]
        totals = np.bincount(flat, weights=weights, minlength=rows * self.days).astype(np.float64, copy=False)
        return totals.reshape(rows, self.days)

    def sums_in_proportion(self, of: Ints, rows: int, *, only: Floats | None = None) -> Floats:
        """The same of all demand, of which a day counts at most ten times the row's own 95th percentile.

        What is out of all proportion for an item, a bulk order now and then, may be nothing special for its category.
        Rows with few days of demand count what models learn from.
        """
        totals = self.sums(of, rows, only=only, uncapped=True)
        some = totals > 0
        days = some.sum(axis=1)
        enough = np.flatnonzero(days >= ENOUGH_DAYS)
        totals[days < ENOUGH_DAYS] = self.sums(of, rows, only=only)[days < ENOUGH_DAYS]
        for row in enough:
            high = np.quantile(totals[row, some[row]], HIGH, method="higher")
            totals[row] = np.minimum(totals[row], CAP * high)
        return totals

    def dense(self, rows: Ints, first: int, last: int, *, uncapped: bool = False) -> Floats:
        """Series x days from `first` to before `last`, 0 after as-of: what models learn from or, `uncapped`, all."""
        units = np.zeros((rows.size, last - first))
        sizes = np.diff(self.offsets)[rows]
        at = np.repeat(self.offsets[rows] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(
            sizes.sum()
        )
        day = self.day[at]
        inside = (day >= first) & (day < last)
        units[np.repeat(np.arange(rows.size), sizes)[inside], day[inside] - first] = (
            self.demand if uncapped else self.units
        )[at[inside]]
        return units

    def hashes(self, settings: str) -> Ints:
        """One number per series: equal where its demand, its time on sale and the settings are equal."""
        start, end = self.series["start"].to_numpy(), self.series["end"].to_numpy()
        head = f"{settings} {self.first_day} {self.as_of}".encode()
        day, units = self.day.astype("<i4"), self.units.astype("<f8")
        hashes = np.empty(self.series.height, dtype=np.int64)
        for row, (first, last) in enumerate(zip(self.offsets[:-1], self.offsets[1:], strict=True)):
            content = head + b"%d %d" % (start[row], end[row]) + day[first:last].tobytes() + units[first:last].tobytes()
            hashes[row] = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little", signed=True)
        return hashes


def build_history(
    first_day: date,
    as_of: date,
    demand: pl.DataFrame,
    items: pl.DataFrame,
    events: pl.DataFrame,
    lost: pl.DataFrame,
    stocked: pl.DataFrame | None = None,
) -> History:
    """From demand by day (`sku, category, region, day, units`), items, events, and lost units by day and location.

    `stocked` are pairs `sku, region` that somebody had in stock: a newcomer is expected where it was sold or stocked.
    """
    kinds = {"sku": pl.String, "category": pl.String, "region": pl.String, "day": pl.Date, "units": pl.Float64}
    lost_demand = lost.group_by("sku", "region", "day").agg(units=pl.col("lost").sum())
    lost_demand = lost_demand.join(items.select("sku", "category"), on="sku")
    out = lost_demand.select(pl.col("category", "region").fill_null("(none)"), "sku", _day_number(first_day))
    rows = pl.concat(
        [frame.select(pl.col(name).cast(kind) for name, kind in kinds.items()) for frame in (demand, lost_demand)]
    )
    rows = (
        rows.filter(pl.col("day").is_between(first_day, as_of), pl.col("units") > 0)
        .with_columns(pl.col("region", "category").fill_null("(none)"))
        .with_columns(_day_number(first_day))
        .group_by("category", "sku", "region", "day")
        .agg(pl.col("units").sum())
        .sort("category", "sku", "region", "day")
    )
    rows = without_substitution(rows, out).with_columns(cap=_cap())
    capped_units = rows.select(pl.min_horizontal("units", "cap")).to_series().to_numpy()
    series = _series(rows, _on_sale(rows, items, first_day), (as_of - first_day).days + 1, stocked)
    series = series.join(_tiers(items), on="sku", how="left", maintain_order="left")
    series = series.with_columns(pl.col("tier").fill_null(MIDDLE_TIER))
    masked = lost.group_by("sku", "region").agg(masked_days=pl.col("day").n_unique().cast(pl.Int64))
    series = series.join(masked, on=["sku", "region"], how="left", maintain_order="left")
    counts = rows.group_by("category", "sku", "region").len()
    demand_days = series.join(counts, on=["category", "sku", "region"], how="left", maintain_order="left")[
        "len"
    ].fill_null(0)
    return History(
        first_day,
        as_of,
        series.with_columns(pl.col("masked_days").fill_null(0)),
        np.concatenate([[0], np.cumsum(demand_days.to_numpy())]).astype(np.int64),
        rows["day"].cast(pl.Int64).to_numpy(),
        rows["units"].to_numpy(),
        capped_units,
        _windows(events, first_day),
        int(rows.select((pl.col("units") > pl.col("cap")).sum()).item()),
    )


def _day_number(first_day: date) -> pl.Expr:
    return (pl.col("day") - first_day).dt.total_days().alias("day")


def _cap() -> pl.Expr:
    """A day's demand beyond which nothing is learnt: one order of a firm is no habit of a region."""
    high = pl.col("units").quantile(HIGH, "higher")
    return CAP * pl.when(pl.len().over("sku") >= ENOUGH_DAYS).then(high.over("sku")).otherwise(high.over("category"))


def _on_sale(rows: pl.DataFrame, items: pl.DataFrame, first_day: date) -> pl.DataFrame:
    """`sku, category, start, end` of items that were ever sold, or have a day of launch."""
    sold = rows.group_by("sku", "category").agg(first=pl.col("day").min())
    listed = items.select(
        "sku",
        launched=(pl.col("launched_on") - first_day).dt.total_days(),
        end=(pl.col("delisted_on") - first_day).dt.total_days(),
    )
    everything = items.select("sku", pl.col("category").fill_null("(none)")).join(
        sold, on=["sku", "category"], how="full", coalesce=True
    )
    return everything.join(listed, on="sku", how="left").select(
        "sku",
        "category",
        start=pl.min_horizontal("launched", "first").clip(0),
        end=pl.col("end").fill_null(FAR),
    )


def _series(rows: pl.DataFrame, on_sale: pl.DataFrame, days: int, stocked: pl.DataFrame | None) -> pl.DataFrame:
    """Pairs that were ever sold, and regions of the category for items that are new or about to be: those where the
    item is stocked, or, where nobody stocks it, the largest few.
    """
    opened = rows.group_by("category", "region").agg(opened=pl.col("day").min())
    sold = rows.select("category", "sku", "region").unique()
    launched = (
        on_sale.filter(
            pl.col("start").is_between(days - NEW_DAYS, days + HORIZON - 1),
            pl.col("end") >= pl.max_horizontal("start", pl.lit(days)),
        )
        .join(_open_regions(rows), on="category")
        .select("category", "sku", "region", "place")
    )
    kept = pl.DataFrame(schema={"sku": pl.String, "region": pl.String}) if stocked is None else stocked
    nobody = ~pl.col("sku").is_in(kept["sku"].unique().to_list()) & (pl.col("place") <= MOST_REGIONS)
    launched = pl.concat([launched.filter(nobody), launched.join(kept, on=["sku", "region"], how="semi")])
    launched = launched.select("category", "sku", "region")
    pairs = pl.concat([sold, launched]).unique()
    series = pairs.join(on_sale, on=["sku", "category"]).join(opened, on=["category", "region"])
    start = pl.max_horizontal("start", "opened").cast(pl.Int64)
    series = series.select("category", "sku", "region", start=start, end=pl.col("end").cast(pl.Int64))
    return series.sort("category", "sku", "region")


def _tiers(items: pl.DataFrame) -> pl.DataFrame:
    """`sku, tier`: thirds of a category by price; all in the middle where few prices are known."""
    if "price" not in items.columns:
        return pl.DataFrame(schema={"sku": pl.String, "tier": pl.Int64})
    priced = items.filter(pl.col("price") > 0).unique("sku")
    place = (pl.col("price").rank("ordinal").over("category") - 1) * TIERS // pl.len().over("category")
    tier = pl.when(pl.len().over("category") >= FEWEST_PRICED).then(place).otherwise(MIDDLE_TIER)
    return priced.select("sku", tier=tier.cast(pl.Int64))


def _open_regions(rows: pl.DataFrame) -> pl.DataFrame:
    """Regions in which a category sold, the largest first: `category, region, place`."""
    sold = rows.group_by("category", "region").agg(pl.col("units").sum())
    return sold.with_columns(place=pl.col("units").rank("ordinal", descending=True).over("category")).drop("units")


def _windows(events: pl.DataFrame, first_day: date) -> tuple[Window, ...]:
    rows = events.filter(pl.col("ends_on") >= pl.col("starts_on"), pl.col("name").is_not_null())
    return tuple(
        Window(name, (starts - first_day).days, (ends - first_day).days)
        for name, starts, ends in rows.select("name", "starts_on", "ends_on").iter_rows()
    )


def day_of(history: History, number: int) -> date:
    """The date of a day number."""
    return history.first_day + timedelta(days=number)
