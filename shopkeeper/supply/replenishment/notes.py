"""What is missing or odd for orders and transfers, each in a sentence that says what still holds and what to do."""

from collections.abc import Mapping

from shopkeeper.i18n import N_, NN_
from shopkeeper.messages import Message

TEXTS: Mapping[str, str | tuple[str, str]] = {
    "no_forecast": N_(
        "There is no forecast for these choices, so nobody can say what will be needed. Run `python -m shopkeeper "
        "forecast`, or widen the filters. The decision log and the service levels hold."
    ),
    "no_counts": N_(
        "Nothing was counted: there is no row of stock_snapshots for these choices, so neither orders nor transfers "
        "can be proposed. Import the table stock_snapshots. The decision log and the service levels hold."
    ),
    "no_stock": NN_(
        "{n} place is asked for an item that was never counted there: nothing is proposed for it. Count it, or send "
        "its snapshots.",
        "{n} places are asked for an item that was never counted there: nothing is proposed for them. Count these, or "
        "send their snapshots.",
    ),
    "missing": NN_(
        "{n} item is missing from the newest count of its location, so nobody knows what is left there: nothing is "
        "proposed for it. Count it, or send counts with a row for each item, 0 too.",
        "{n} items are missing from the newest count of their location, so nobody knows what is left there: nothing is "
        "proposed for them. Count them, or send counts with a row for each item, 0 too.",
    ),
    "overdue": NN_(
        "{n} delivery is overdue by more than 30 days and is not counted on any longer: what it was to bring is "
        "proposed anew. Ask the supplier, or give the day on which it landed in received_on.",
        "{n} deliveries are overdue by more than 30 days and are not counted on any longer: what they were to bring is "
        "proposed anew. Ask the suppliers, or give the day on which they landed in received_on.",
    ),
    "negative": NN_(
        "{n} count is below 0: it stands for nothing on hand. Count it again.",
        "{n} counts are below 0: they stand for nothing on hand. Count these again.",
    ),
    "unknown": NN_(
        "{n} SKU in stock is in no products table: it is ordered one by one, without a cost. Add it to products, or "
        "mend the SKU.",
        "{n} SKUs in stock are in no products table: they are ordered one by one, without a cost. Add them to "
        "products, or mend their SKU.",
    ),
    "no_cost": NN_(
        "{n} SKU has no cost or no margin: its orders stand without money at the end of the list, and it is not moved. "
        "Add unit_cost to products.",
        "{n} SKUs have no cost or no margin: their orders stand without money at the end of the list, and they are not "
        "moved. Add unit_cost to products.",
    ),
    "no_lead": NN_(
        "For {n} SKU nobody says how long the supplier takes, and too few deliveries landed to measure it: the lead "
        "time of the stock policy holds (see “Service levels”). Add supplier_lead_days to products.",
        "For {n} SKUs nobody says how long the supplier takes, and too few deliveries landed to measure it: the lead "
        "time of the stock policy holds (see “Service levels”). Add supplier_lead_days to products.",
    ),
    "unserved": NN_(
        "{n} item in a region is asked for, but no location that keeps it ships there: its demand is in no order. "
        "Import lanes to this region.",
        "{n} items in a region are asked for, but no location that keeps them ships there: their demand is in no "
        "order. Import lanes to these regions.",
    ),
    "no_lanes": N_(
        "There are no lanes between locations, so no transfers can be planned. Import the table lanes with "
        "to_location. Orders hold."
    ),
    "no_lane_cost": NN_(
        "{n} lane has no cost and counts as free. Add cost_per_unit to lanes.",
        "{n} lanes have no cost and count as free. Add cost_per_unit to lanes.",
    ),
    "nothing_spare": N_("No location can spare anything: each needs what it has until it can be supplied again."),
    "below_minimum": NN_(
        "{n} purchase order stays below the least that the supplier takes, even with all that falls due soon: wait, "
        "ask the supplier, or order more of what sells.",
        "{n} purchase orders stay below the least that the supplier takes, even with all that falls due soon: wait, "
        "ask the supplier, or order more of what sells.",
    ),
    "nobody_short": N_(
        "Nobody who can be reached by a lane in time will be short before the next supply: nothing has to be moved."
    ),
}
QUIET = (
    "no_stock",
    "missing",
    "overdue",
    "negative",
    "unknown",
    "no_cost",
    "no_lead",
    "unserved",
    "below_minimum",
    "no_lane_cost",
)
"""Told in small print; all others stand where the answer would be."""


def sentences(counts: Mapping[str, int], names: tuple[str, ...] = tuple(TEXTS)) -> tuple[Message, ...]:
    """The sentences of `counts` (`OrderProposals.notes`, `Transfers.notes`) among `names`, in the order of `TEXTS`."""
    return tuple(
        Message.counted(text, {"n": counts[name]}) for name, text in TEXTS.items() if counts.get(name) and name in names
    )
