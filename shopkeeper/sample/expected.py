"""What is asked for on average: many shops of the same laws drawn, and their units by day, region and item."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.sample import process
from shopkeeper.sample.calendar import DAYS, EVENT_OF_DAY, MONTH_OF_DAY, SHARE_OF_DAY
from shopkeeper.sample.drawing import SamplePlan
from shopkeeper.sample.files import dates, named
from shopkeeper.sample.orders import World
from shopkeeper.sample.places import REGIONS

EXPECTED_DAYS = 400
"""The last so many days of the shop."""
_PRIOR_UNITS = 30.0
"""An item's own part of a region is held near its category's as if so many units had been seen."""


@dataclass(frozen=True)
class Expected:
    """`days`: day, kind, units. `shares`: kind, region, sku, share; the shares of a kind sum to 1.

    Days of a kind are those of a month, and of an event its main day and its others, apart: on these the laws of which
    items go where are one, so units of a day x share of its kind is what is asked for on average.
    """

    days: pl.DataFrame
    shares: pl.DataFrame


def expect(world: World, drawn: SamplePlan, shops: int, progress: Progress = UNHEARD) -> Expected:
    """Draw `shops` shops of the laws of `drawn` with other seeds, and count."""
    first = DAYS - EXPECTED_DAYS
    units = np.zeros((EXPECTED_DAYS, len(REGIONS), len(world.goods.names)), dtype=np.int64)
    for shop in range(shops):
        other = replace(drawn, seed=drawn.seed * 10_007 + shop + 1)
        for number in range(drawn.blocks):
            progress.step("What is asked for on average", (shop + number / drawn.blocks) / shops)
            block = other.draw(world, number)
            sale = block.demanded.take((block.demanded.status == process.SALE) & (block.demanded.day >= first))
            np.add.at(units, (sale.day - first, block.placed.region[sale.parent], sale.sku), sale.units)
    kinds, kind = np.unique(_kinds()[first:], return_inverse=True)
    by_kind = np.stack([units[kind == number].sum(axis=0) for number in range(len(kinds))]).astype(float)
    share = _shares(by_kind, world.goods.category)
    of_kind, region, sku = (axis.ravel() for axis in np.indices(share.shape))
    return Expected(
        pl.DataFrame(
            {
                "day": dates(np.arange(first, DAYS)),
                "kind": pl.Series(kind, dtype=pl.Int16),
                "units": pl.Series(units.sum(axis=(1, 2)) / shops).cast(pl.Float32),
            }
        ),
        pl.DataFrame(
            {
                "kind": pl.Series(of_kind, dtype=pl.Int16),
                "region": named(REGIONS, region),
                "sku": named(world.goods.skus, sku),
                "share": pl.Series(share.ravel()).cast(pl.Float32),
            }
        ),
    )


def _kinds() -> Ints:
    """By day: a number for its month, event and place in the event."""
    place = np.where(SHARE_OF_DAY == 1.0, 2, np.where(SHARE_OF_DAY > 0, 1, 0))
    event = np.where(place > 0, EVENT_OF_DAY + 1, 0)
    # An event's days are one kind also where they lie in two months.
    month = np.where(place > 0, 0, MONTH_OF_DAY)
    return np.asarray((event * 100 + month) * 3 + place, dtype=np.int64)


def _shares(units: Floats, category: Ints) -> Floats:
    """Kind x region x SKU from counts: an item's part of the kind, times the region's part of its category, times how
    far the item's regions differ from its category's over all kinds. Counts of a cell alone would be mostly noise."""
    starts = np.flatnonzero(np.diff(category, prepend=-1))
    regional = np.add.reduceat(units, starts, axis=2)
    regional = (regional / np.maximum(regional.sum(axis=1, keepdims=True), 1.0))[:, :, category]
    items = units.sum(axis=1, keepdims=True)
    own = (units.sum(axis=0) + _PRIOR_UNITS) / ((regional * items).sum(axis=0) + _PRIOR_UNITS)
    weight = regional * own
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
    share = items * weight
    return np.asarray(share / np.maximum(share.sum(axis=(1, 2), keepdims=True), 1e-12), dtype=np.float64)


def rates(directory: Path) -> pl.DataFrame:
    """True rates of the sample shop in `directory`: day, region, sku, units asked for on average, stock-outs aside.

    Every day of the last EXPECTED_DAYS, region and SKU. Raise `FileNotFoundError` for a shop made without them.
    """
    days, shares = (pl.read_parquet(directory / "truth" / f"expected_{name}.parquet") for name in ("days", "shares"))
    return (
        days.join(shares, on="kind", maintain_order="left_right")
        .select("day", "region", "sku", units=pl.col("units").cast(pl.Float64) * pl.col("share").cast(pl.Float64))
    )  # fmt: skip
