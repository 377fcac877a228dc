"""What is missing or odd in the data of stock, each in a sentence that says what still holds and what to do."""

from datetime import timedelta

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.messages import Message
from shopkeeper.supply.coverage.inputs import CoverageInputs
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.serving import NO_REGION

STALE_DAYS = 7
"""A location whose newest count is older than this is told."""
NAMED = 3
DOUBLE_RULES = ("unique", "already there")


def notes(query: Query, given: CoverageInputs, filters: GoodsFilters) -> tuple[Message, ...]:
    """All that a reader should know of this data, the worst first; nothing for good data."""
    found = (
        *_missing_tables(query, given),
        *_odd_counts(query, given),
        *_uncounted(given),
        *_unserved(query, given, filters),
        *_unpriced(given),
        *_unseen(query),
    )
    return tuple(found)


def _missing_tables(query: Query, given: CoverageInputs) -> list[Message]:
    found = []
    if given.forecasts.is_empty():
        found.append(
            Message(
                N_(
                    "There is no forecast for these choices, so nobody can say how long stock lasts. What lies where, "
                    "its value and its age hold. Run `python -m shopkeeper forecast`, or widen the filters."
                )
            )
        )
    if given.stock["day"].is_null().all():
        found.append(
            Message(
                N_(
                    "Nothing was counted: there is no row of stock_snapshots for these choices. Expected demand, "
                    "safety stock and reorder points hold; cover and status need counts. Import the table "
                    "stock_snapshots."
                )
            )
        )
    elif query("supply/serving_lanes").is_empty():
        found.append(
            Message(
                N_(
                    "There are no lanes: stores and dealers are taken to be supplied as a warehouse is, straight from "
                    "the supplier, and only who shipped to a region before serves it. Import the table lanes."
                )
            )
        )
    return found


def _odd_counts(query: Query, given: CoverageInputs) -> list[Message]:
    found, stock = [], given.stock
    if negative := stock.filter(pl.col("counted_on_hand") < 0).height:
        found.append(
            Message(
                N_(
                    "{n} counts are below 0 (a SKU at a location): they stand for nothing available. Count these "
                    "again; the downloads of locations name them."
                ),
                {"n": f"{negative:,}"},
            )
        )
    unknown = stock.filter(pl.col("counted_on_hand") > 0).join(
        given.items.filter(~pl.col("known")), on="sku", how="semi"
    )
    if unknown.height:
        values = {
            "n": f"{unknown['sku'].n_unique():,}",
            "units": f"{unknown['on_hand'].sum():,.0f}",
            "skus": _named(unknown["sku"].unique().sort()),
        }
        found.append(
            Message(
                N_(
                    "{units} units in stock belong to {n} SKUs that nobody described and that were never sold "
                    "({skus}): they have no demand and no value here. Add them to products, or mend their SKU."
                ),
                values,
            )
        )
    if double := _double_counts(query):
        found.append(
            Message(
                N_(
                    "{n} rows of stock_snapshots were rejected because the same SKU was counted twice at a location "
                    "on one day: which count holds nobody can say, so the newest count before that day is used. The "
                    "page Data lists them; send one count a day."
                ),
                {"n": f"{double:,}"},
            )
        )
    return [*found, *_stale_counts(query, stock)]


def _stale_counts(query: Query, stock: pl.DataFrame) -> list[Message]:
    """Locations whose newest count is old."""
    newest = stock.group_by("location").agg(pl.col("day").max()).drop_nulls()
    stale = newest.filter(pl.col("day") < query.version.as_of - timedelta(days=STALE_DAYS)).sort("day", "location")
    if stale.is_empty():
        return []
    values = {
        "n": f"{stale.height:,}",
        "oldest": str(stale["day"].to_list()[0]),
        "locations": _named(stale["location"]),
    }
    return [
        Message(
            N_(
                "{n} locations were last counted more than a week ago ({locations}; the oldest on {oldest}): "
                "their stock is as of then, and sales since are not in it. Send newer counts."
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


def _uncounted(given: CoverageInputs) -> list[Message]:
    counted = given.stock.filter(pl.col("day").is_not_null())
    if counted.is_empty():
        return []
    found = []
    serving = given.shares.filter(pl.col("demand") > 0).select("location").unique()
    blind = serving.join(counted, on="location", how="anti")["location"].sort()
    if len(blind):
        found.append(
            Message(
                N_(
                    "{n} locations ship to buyers but were never counted ({locations}): what they hold is in no "
                    "figure, so the regions that they serve look worse than they are. Send their snapshots."
                ),
                {"n": f"{len(blind):,}", "locations": _named(blind)},
            )
        )
    asked = given.forecasts.filter(pl.col("daily_mean") > 0).select("sku").unique()
    if never := asked.join(counted, on="sku", how="anti").height:
        found.append(
            Message(
                N_(
                    "{n} SKUs are asked for but were never counted anywhere: they have no status and are in no "
                    "figure of stock. Count them, or send their snapshots."
                ),
                {"n": f"{never:,}"},
            )
        )
    return found


def _unserved(query: Query, given: CoverageInputs, filters: GoodsFilters) -> list[Message]:
    """Regions without a location of their own, and those that none serves at all."""
    asked = given.forecasts.filter(pl.col("daily_mean") > 0)
    if filters.regions is not None:
        asked = asked.filter(pl.col("region").is_in(list(filters.regions)))
    standing = query("supply/serving_locations").filter(pl.col("region") != NO_REGION)
    served = asked.join(given.shares, on="region", how="semi")
    bare = asked.join(served, on="region", how="anti")["region"].unique().sort()
    away = served.join(standing, on="region", how="anti")["region"].unique().sort()
    found = []
    if len(bare):
        found.append(
            Message(
                N_(
                    "No location ships to {n} regions that ask for goods ({regions}), and no lane leads there: "
                    "they are told as out. Import lanes to these regions, or ship there from a location."
                ),
                {"n": f"{len(bare):,}", "regions": _named(bare)},
            )
        )
    if len(away):
        found.append(
            Message(
                N_("{n} regions have no location of their own and are served from others ({regions})."),
                {"n": f"{len(away):,}", "regions": _named(away)},
            )
        )
    return found


def _unpriced(given: CoverageInputs) -> list[Message]:
    there = given.items.join(given.stock.filter(pl.col("available") > 0), on="sku", how="semi").filter("known")
    found = []
    if without := there["unit_cost"].null_count():
        found.append(
            Message(
                N_(
                    "{n} SKUs in stock have no cost: their value and margin are not in the sums. Add unit_cost to "
                    "products."
                ),
                {"n": f"{without:,}"},
            )
        )
    asked = given.items.join(given.forecasts, on="sku", how="semi")
    if assumed := asked["lead_days"].null_count():
        found.append(
            Message(
                N_(
                    "For {n} SKUs nobody says how long the supplier takes; the days of the stock policy are used. "
                    "Add supplier_lead_days to products."
                ),
                {"n": f"{assumed:,}"},
            )
        )
    return found


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
