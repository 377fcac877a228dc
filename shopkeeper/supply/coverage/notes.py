"""What is missing or odd in the data of stock, each in a sentence that says what still holds and what to do."""

from datetime import timedelta

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_, NN_
from shopkeeper.messages import Message, MessageValue
from shopkeeper.supply.coverage.inputs import CoverageInputs
from shopkeeper.supply.dependent_demand import sold_in
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.serving import NO_REGION
from shopkeeper.supply.units import mixed_units, units_of

STALE_DAYS = 7
"""A location whose newest count is older than this is told."""
NAMED = 3
DOUBLE_RULES = ("unique", "already there")


def notes(query: Query, inputs: CoverageInputs, filters: GoodsFilters) -> tuple[Message, ...]:
    """All that a reader should know of this data, the worst first; nothing for good data."""
    messages = (
        *mixed_units(units_of(query, filters)),
        *sold_in(query, filters),
        *_missing_tables(query, inputs),
        *_odd_counts(query, inputs),
        *_unknown_counts(inputs),
        *_overdue(query, inputs),
        *_uncounted(inputs),
        *_unserved(query, inputs, filters),
        *_unpriced(inputs),
        *_unseen(query),
    )
    return tuple(messages)


def _missing_tables(query: Query, inputs: CoverageInputs) -> list[Message]:
    messages = []
    if inputs.forecasts.is_empty():
        messages.append(
            Message(
                N_(
                    "There is no forecast for these choices, so nobody can say how long stock lasts. What lies where, "
                    "its value and its age hold. Run `python -m shopkeeper forecast`, or widen the filters."
                )
            )
        )
    if inputs.stock["day"].is_null().all():
        messages.append(
            Message(
                N_(
                    "Nothing was counted: there is no row of stock_snapshots for these choices. Expected demand, "
                    "safety stock and reorder points hold; cover and status need counts. Import the table "
                    "stock_snapshots."
                )
            )
        )
    elif query("supply/serving_lanes").is_empty():
        messages.append(
            Message(
                N_(
                    "There are no lanes: stores and dealers are taken to be supplied as a warehouse is, straight from "
                    "the supplier, and only who shipped to a region before serves it. Import the table lanes."
                )
            )
        )
    return messages


def _odd_counts(query: Query, inputs: CoverageInputs) -> list[Message]:
    messages, stock = [], inputs.stock
    if negative := stock.filter(pl.col("raw_on_hand") < 0).height:
        messages.append(
            Message.counted(
                NN_(
                    "{n} count is below 0 (a SKU at a location): it stands for nothing available. Count it again; the "
                    "downloads of locations name it.",
                    "{n} counts are below 0 (a SKU at a location): they stand for nothing available. Count these "
                    "again; the downloads of locations name them.",
                ),
                {"n": negative},
            )
        )
    messages += _undescribed(inputs)
    if double := _double_counts(query):
        messages.append(
            Message.counted(
                NN_(
                    "{n} row of stock_snapshots was rejected because the same SKU was counted twice at a location on "
                    "one day: which count holds nobody can say, so the newest count before that day is used. The page "
                    "Data lists it; send one count a day.",
                    "{n} rows of stock_snapshots were rejected because the same SKU was counted twice at a location on "
                    "one day: which count holds nobody can say, so the newest count before that day is used. The page "
                    "Data lists them; send one count a day.",
                ),
                {"n": double},
            )
        )
    return [*messages, *_stale_counts(query, stock)]


def _undescribed(inputs: CoverageInputs) -> list[Message]:
    """Items in stock that nobody described."""
    unknown = inputs.stock.filter(pl.col("raw_on_hand") > 0).join(
        inputs.items.filter(~pl.col("described_or_sold")), on="sku", how="semi"
    )
    if unknown.is_empty():
        return []
    values: dict[str, MessageValue] = {
        "n": unknown["sku"].n_unique(),
        "units": f"{unknown['on_hand'].sum():,.0f}",
        "skus": _named(unknown["sku"].unique().sort()),
    }
    return [
        Message.counted(
            NN_(
                "{units} units in stock belong to {n} SKU that nobody described and that was never sold ({skus}): they "
                "have no demand and no value here. Add it to products, or mend the SKU.",
                "{units} units in stock belong to {n} SKUs that nobody described and that were never sold ({skus}): "
                "they have no demand and no value here. Add them to products, or mend their SKU.",
            ),
            values,
        )
    ]


def _unknown_counts(inputs: CoverageInputs) -> list[Message]:
    """Items missing from the newest count of their location."""
    unknown = inputs.stock.filter(pl.col("unknown_since").is_not_null())
    if unknown.is_empty():
        return []
    values: dict[str, MessageValue] = {
        "n": unknown["sku"].n_unique(),
        "skus": _named(unknown["sku"].unique().sort()),
        "since": str(unknown["unknown_since"].min()),
    }
    return [
        Message.counted(
            NN_(
                "{n} SKU is missing from the newest count of its location ({skus}; since {since}): what is left of it "
                "there is unknown, and counts as nothing. Count it, or send counts with a row for each item, 0 too.",
                "{n} SKUs are missing from the newest count of their location ({skus}; the oldest since {since}): what "
                "is left of them there is unknown, and counts as nothing. Count them, or send counts with a row for "
                "each item, 0 too.",
            ),
            values,
        )
    ]


def _overdue(query: Query, inputs: CoverageInputs) -> list[Message]:
    """Deliveries that nobody should count on any longer."""
    late = query("shop/health/overdue", as_of=query.version.as_of).join(inputs.items, on="sku", how="semi")
    if late.is_empty():
        return []
    values: dict[str, MessageValue] = {
        "n": late.height,
        "units": f"{late['units'].sum():,.0f}",
        "oldest": str(late["due_on"].min()),
    }
    return [
        Message.counted(
            NN_(
                "{n} delivery of {units} units is overdue by more than 30 days (it was due on {oldest}): it is not "
                "counted on any longer. Ask the supplier, or give the day on which it landed in received_on.",
                "{n} deliveries of {units} units are overdue by more than 30 days (the oldest was due on {oldest}): "
                "they are not counted on any longer. Ask the suppliers, or give the day on which they landed in "
                "received_on.",
            ),
            values,
        )
    ]


def _stale_counts(query: Query, stock: pl.DataFrame) -> list[Message]:
    """Locations whose newest count is old."""
    newest = stock.group_by("location").agg(pl.col("day").max()).drop_nulls()
    stale = newest.filter(pl.col("day") < query.version.as_of - timedelta(days=STALE_DAYS)).sort("day", "location")
    if stale.is_empty():
        return []
    values: dict[str, MessageValue] = {
        "n": stale.height,
        "oldest": str(stale["day"].to_list()[0]),
        "locations": _named(stale["location"]),
    }
    return [
        Message.counted(
            NN_(
                "{n} location was last counted more than a week ago ({locations}, on {oldest}): its stock is as of "
                "then, and sales since are not in it. Send a newer count.",
                "{n} locations were last counted more than a week ago ({locations}; the oldest on {oldest}): their "
                "stock is as of then, and sales since are not in it. Send newer counts.",
            ),
            values,
        )
    ]


def _double_counts(query: Query) -> int:
    """Rows that the import kept out because their key was there twice; none for a version without files."""
    rejects = query.version.rejects
    if rejects is None or not rejects.exists():
        return 0
    rows = pl.scan_parquet(rejects).filter(
        pl.col("table") == "stock_snapshots", pl.col("rule").is_in(list(DOUBLE_RULES))
    )
    return int(rows.select(pl.struct("file", "line").n_unique()).collect().item())


def _uncounted(inputs: CoverageInputs) -> list[Message]:
    counts = inputs.stock.filter(pl.col("day").is_not_null() | pl.col("unknown_since").is_not_null())
    if counts.is_empty():
        return []
    messages = []
    serving = inputs.shares.filter(pl.col("demand") > 0).select("location").unique()
    blind = serving.join(counts, on="location", how="anti")["location"].sort()
    if len(blind):
        messages.append(
            Message.counted(
                NN_(
                    "{n} location ships to buyers but was never counted ({locations}): what it holds is in no figure, "
                    "so the regions that it serves look worse than they are. Send its snapshots.",
                    "{n} locations ship to buyers but were never counted ({locations}): what they hold is in no "
                    "figure, so the regions that they serve look worse than they are. Send their snapshots.",
                ),
                {"n": len(blind), "locations": _named(blind)},
            )
        )
    with_demand = inputs.forecasts.filter(pl.col("daily_mean") > 0).select("sku").unique()
    if never := with_demand.join(counts, on="sku", how="anti").height:
        messages.append(
            Message.counted(
                NN_(
                    "{n} SKU is asked for but was never counted anywhere: it has no status and is in no figure of "
                    "stock. Count it, or send its snapshots.",
                    "{n} SKUs are asked for but were never counted anywhere: they have no status and are in no figure "
                    "of stock. Count them, or send their snapshots.",
                ),
                {"n": never},
            )
        )
    return messages


def _unserved(query: Query, inputs: CoverageInputs, filters: GoodsFilters) -> list[Message]:
    """Regions without a location of their own, and those that none serves at all."""
    with_demand = inputs.forecasts.filter(pl.col("daily_mean") > 0)
    if filters.regions is not None:
        with_demand = with_demand.filter(pl.col("region").is_in(list(filters.regions)))
    home_regions = query("supply/serving_locations").filter(pl.col("region") != NO_REGION)
    served = with_demand.join(inputs.shares, on="region", how="semi")
    bare = with_demand.join(served, on="region", how="anti")["region"].unique().sort()
    away = served.join(home_regions, on="region", how="anti")["region"].unique().sort()
    messages = []
    if len(bare):
        messages.append(
            Message.counted(
                NN_(
                    "No location ships to {n} region that asks for goods ({regions}), and no lane leads there: it is "
                    "told as out. Import lanes to this region, or ship there from a location.",
                    "No location ships to {n} regions that ask for goods ({regions}), and no lane leads there: they "
                    "are told as out. Import lanes to these regions, or ship there from a location.",
                ),
                {"n": len(bare), "regions": _named(bare)},
            )
        )
    if len(away):
        messages.append(
            Message.counted(
                NN_(
                    "{n} region has no location of its own and is served from others ({regions}).",
                    "{n} regions have no location of their own and are served from others ({regions}).",
                ),
                {"n": len(away), "regions": _named(away)},
            )
        )
    return messages


def _unpriced(inputs: CoverageInputs) -> list[Message]:
    there = inputs.items.join(inputs.stock.filter(pl.col("available") > 0), on="sku", how="semi").filter(
        "described_or_sold"
    )
    messages = []
    if without := there["unit_cost"].null_count():
        messages.append(
            Message.counted(
                NN_(
                    "{n} SKU in stock has no cost: its value and margin are not in the sums. Add unit_cost to "
                    "products.",
                    "{n} SKUs in stock have no cost: their value and margin are not in the sums. Add unit_cost to "
                    "products.",
                ),
                {"n": without},
            )
        )
    forecast_items = inputs.items.join(inputs.forecasts, on="sku", how="semi")
    if assumed := forecast_items["lead_days"].null_count():
        messages.append(
            Message.counted(
                NN_(
                    "For {n} SKU nobody says how long the supplier takes; the days of the stock policy are used. Add "
                    "supplier_lead_days to products.",
                    "For {n} SKUs nobody says how long the supplier takes; the days of the stock policy are used. Add "
                    "supplier_lead_days to products.",
                ),
                {"n": assumed},
            )
        )
    return messages


def _unseen(query: Query) -> list[Message]:
    if query.scope.regions is None:
        return []
    return [
        Message(
            N_(
                "You see some regions only: what locations outside of them hold or serve is in no figure, and all "
                "stock of the locations you see is counted for your regions."
            )
        )
    ]


def _named(values: pl.Series) -> str:
    """The first few, and a mark where there are more."""
    return ", ".join(values.head(NAMED).to_list()) + ("…" if len(values) > NAMED else "")
