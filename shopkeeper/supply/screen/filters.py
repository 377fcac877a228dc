"""The sidebar of the pages of supply: categories, regions, items and locations. They hold for all of these pages."""

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.ui import filters
from shopkeeper.ui.opened import load

PREFIX = "goods_"


def labels(query: Query) -> dict[str, dict[str, str]]:
    """By field of `GoodsFilters`: value and label of what can be chosen, what brings most first."""
    rows = query("supply/filter_values")
    return {
        name: dict(
            rows.filter(pl.col("field") == name).select("value", "label").unique("value", maintain_order=True).rows()
        )
        for name in GoodsFilters.CHOICES
    }


def choose_goods(*, without: tuple[str, ...] = ()) -> GoodsFilters:
    """Draw the filters, except fields that the page has no use for, and give what is chosen."""
    offered = load(labels)
    names = [name for name in GoodsFilters.CHOICES if name not in without]
    with filters.sidebar() as beside:
        for name in names:
            filters.read_link(GoodsFilters, PREFIX, name, offered[name])
        chosen = GoodsFilters(**{name: filters.choice(GoodsFilters, PREFIX, name, offered[name]) for name in names})
        filters.reset_button(beside, "goods_reset", _reset, disabled=chosen == GoodsFilters())
    filters.remember(PREFIX, chosen)
    return chosen


def choose_one(name: str, value: str) -> None:
    """Choose one value of a field, as a click on a cell does."""
    filters.choose_one(PREFIX, name, value)


def _reset() -> None:
    filters.reset(GoodsFilters, PREFIX)
