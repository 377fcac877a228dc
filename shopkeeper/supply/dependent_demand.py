"""Demand that is heard of through what dealers buy, not through what they sell."""

from shopkeeper.engine.query import Query
from shopkeeper.i18n import NN_
from shopkeeper.messages import Message
from shopkeeper.supply.filters import GoodsFilters


def sold_in(query: Query, filters: GoodsFilters) -> tuple[Message, ...]:
    """What to say where goods went to dealers whose own sales are not in the data; nothing where none did."""
    given = filters.parameters("categories", "regions", "skus")
    units, regions = query("supply/sold_in", as_of=query.version.as_of, **given).row(0)
    if units <= 0:
        return ()
    return (
        Message.counted(
            NN_(
                "{n} unit of the last 365 days was sold in to dealers whose own sales are not in the data (regions: "
                "{regions}). It counts as demand of the location that shipped it, on the day it was sold in.",
                "{n} units of the last 365 days were sold in to dealers whose own sales are not in the data (regions: "
                "{regions}). They count as demand of the locations that shipped them, on the day they were sold in.",
            ),
            {"n": round(units), "regions": regions},
        ),
    )
