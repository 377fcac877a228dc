"""The clock to the second order as tables and files."""

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.second_order.frames import CLOCK_DAYS, CURVES, SEGMENTS
from shopkeeper.customers.second_order.report import SecondOrder
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version

CURVES_READ = ("segment", "duration", "at_risk", "events", "censored", "returned", "survival", "low", "high")


def curves(version: Version, clock: SecondOrder, filters: CustomerFilters) -> Download:
    """Every step of every curve."""
    return download(
        version,
        "second-order",
        _("Days to the second purchase"),
        clock.curves,
        CURVES.labelled(CURVES_READ),
        caption=filters.caption(),
        words=(clock.by,),
        terms=("purchase",),
        as_of=clock.as_of,
    )


def segments(version: Version, clock: SecondOrder, filters: CustomerFilters) -> Download:
    """Segments with the share that is back, and how many are still waited for, on a few days."""
    frame = clock.medians
    for day in CLOCK_DAYS:
        seen = clock.clock.filter(pl.col("day") == day, pl.col("at_risk").is_not_null())
        named = seen.select("segment", **{f"returned_{day}": "returned", f"at_risk_{day}": "at_risk"})
        frame = frame.join(named, on="segment", how="left", maintain_order="left")
    return download(
        version,
        "second-order-segments",
        _("Days to the second purchase"),
        frame.select(SEGMENTS.names),
        SEGMENTS.labelled(),
        caption=filters.caption(),
        words=(clock.by,),
        terms=("purchase",),
        as_of=clock.as_of,
    )
