"""Units of measure: pieces, kilograms and metres are never one sum."""

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.messages import Message, message
from shopkeeper.supply.filters import GoodsFilters

PIECE = "piece"
"""What an item is counted in where the merchant does not say."""


def units_of(query: Query, filters: GoodsFilters) -> tuple[str, ...]:
    """The units of measure of the items chosen, in order; several mean that only money may be added over them."""
    return tuple(query("supply/units", **filters.parameters("categories", "skus"))["unit"].to_list())


def added_units(*columns: str) -> pl.Expr:
    """The sums of a group's `columns`; null where its items are counted in different units, of which none is a sum."""
    return pl.when(pl.col("unit").n_unique() <= 1).then(pl.col(*columns).sum())


def mixed_units(units: tuple[str, ...]) -> tuple[Message, ...]:
    """What to say where items are counted in different units; nothing where all are counted alike."""
    if len(units) < 2:
        return ()
    return (
        message(
            "These items are counted in different units ({units}), and sums of units over them mean nothing: go by "
            "money, or choose items or categories that are counted alike.",
            units=", ".join(units),
        ),
    )
