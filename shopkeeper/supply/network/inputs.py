"""Inputs of the Network page: demand, stock and lanes as tables of numbers, and what is missing in them.

Positions: S items, L locations, R ship-to regions. All units are of the days ahead that were asked for.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.merchant.in_force import InForce
from shopkeeper.messages import Message
from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.supply import serving
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network.shortcomings import shortcomings

NOWHERE = "(none)"
"""A region or a location that nobody named."""
OWN_DAYS = 1.0
"""How long shipping within a location's own region takes, where no lane says it."""


@dataclass(frozen=True)
class NetworkInputs:
    """Demand, stock and lanes.

    `items`: one row per SKU asked for (`sku, name, category, unit_margin`, money per unit, null unknown), in the order
    of the S positions. `regions`: `region, parent, tile_row, tile_column` (R). `nodes`: rows of
    `queries/supply/network/nodes.sql` (L) with `ships` settled and `reaches` (regions with a lane).
    `demand` S x R; `available`, `inbound` and `walk_in` S x L (units; `walk_in` is what buyers ask for over the counter
    of a location that does not ship). `lead` (days, inf without a lane) and `cost` (money per unit, 0 where unknown)
    L x R as used today; `stated_lead`, `stated_cost` as the lanes say, whether a location ships or not. `moves`: lanes
    between locations (`from_location, to_location, to_kind, from_region, to_region, cost`). `priced`: some lane has a
    cost. `stocked`: stock of these goods was counted at a location that
    stands in a known region or has a lane to one. `home_region` is the position of each location's
    region (L; -1 unknown), `tiles` the straight distance between regions on the tile map (R x R; inf for one that is
    not on it, 0 at home). `year` is how many times these days a year is. `notes` say what falls short.
    """

    items: pl.DataFrame
    regions: pl.DataFrame
    nodes: pl.DataFrame
    demand: Floats
    available: Floats
    inbound: Floats
    walk_in: Floats
    lead: Floats
    cost: Floats
    stated_lead: Floats
    stated_cost: Floats
    moves: pl.DataFrame
    priced: bool
    stocked: bool
    home_region: Ints
    tiles: Floats
    year: float
    notes: tuple[Message, ...]

    @property
    def ships(self) -> Flags:
        """Whether each location ships."""
        return self.nodes["ships"].to_numpy()

    @property
    def margin(self) -> Floats:
        """Margin of one unit by item; 0 where it is not known."""
        return self.items["unit_margin"].fill_null(0.0).to_numpy()

    @property
    def margined(self) -> bool:
        """Whether the margin of any item is known."""
        return not self.items["unit_margin"].is_null().all()

    @property
    def dearest(self) -> float:
        """More than any lane costs, an estimated one included."""
        return 2.0 * float(max(self.cost.max(initial=0.0), self.stated_cost.max(initial=0.0))) + 1.0


def read(query: Query, filters: GoodsFilters, in_force: InForce, days: int) -> NetworkInputs:
    """All that the page needs, of all regions: who looks at one of them still shares the goods with the others."""
    whole = GoodsFilters(categories=filters.categories, skus=filters.skus)
    given = whole.parameters("categories", "skus")
    as_of = query.version.as_of
    forecasts = demand.used(query, whole, in_force)
    expected = forecasts.with_columns(units=pl.col("units").list.head(days).list.sum().clip(lower_bound=0.0))
    items = query("supply/network/items", **given).filter(pl.col("sku").is_in(expected["sku"].unique().to_list()))
    regions = _regions(query("supply/regions"), expected)
    nodes = query("supply/network/nodes", as_of=as_of, **given)
    stock = query("supply/network/stock", until=as_of + timedelta(days=days), **given)
    lanes = query("supply/serving_lanes").filter(pl.col("lead_days").is_not_null())
    nodes = _settled(nodes, lanes)
    places, names, skus = nodes["location"].to_list(), regions["region"].to_list(), items["sku"].to_list()
    stated_lead, stated_cost, filled = _stated(lanes, nodes, names)
    lead, cost, own = _in_use(stated_lead, stated_cost, nodes, _at(names, nodes["region"]))
    available = _table(stock, skus, places, "location", "available")
    return NetworkInputs(
        items=items,
        regions=regions,
        nodes=nodes,
        demand=_table(expected, skus, names, "region", "units"),
        available=available,
        inbound=_table(stock, skus, places, "location", "on_order"),
        walk_in=_walk_in(serving.shares(query, forecasts), expected, nodes, skus),
        lead=lead,
        cost=cost,
        stated_lead=stated_lead,
        stated_cost=stated_cost,
        moves=_moves(lanes, nodes),
        priced=bool(lanes.filter(pl.col("to_region").is_not_null())["cost_per_unit"].is_not_null().any()),
        stocked=_placed(nodes).height > 0,
        home_region=_at(names, nodes["region"]),
        tiles=_distances(regions),
        year=_year(query, items, expected, days),
        notes=(
            *_missing(expected, nodes, lanes),
            *shortcomings(query, expected, nodes, lanes, filled, own),
        ),
    )


def _placed(nodes: pl.DataFrame) -> pl.DataFrame:
    """Locations with a count of which anybody knows whom they are near."""
    return nodes.filter(pl.col("counted_on").is_not_null(), (pl.col("region") != NOWHERE) | (pl.col("reaches") > 0))


def _at(names: list[str], wanted: pl.Series) -> Ints:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in wanted], dtype=np.int64)


def _table(frame: pl.DataFrame, skus: list[str], columns: list[str], by: str, value: str) -> Floats:
    """Sums of `value` by item and column; rows of others are left out."""
    row, column = _at(skus, frame["sku"]), _at(columns, frame[by])
    kept = (row >= 0) & (column >= 0)
    sums = np.zeros((len(skus), len(columns)))
    np.add.at(sums, (row[kept], column[kept]), frame[value].fill_null(0.0).to_numpy()[kept])
    return sums


def _regions(described: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    """Every region that is described or asks for something; who asks from nowhere cannot be near anything."""
    asking = expected.select("region").unique().filter(pl.col("region").is_not_null(), pl.col("region") != NOWHERE)
    return asking.join(described, on="region", how="full", coalesce=True).sort("region")


def _settled(nodes: pl.DataFrame, lanes: pl.DataFrame) -> pl.DataFrame:
    """Add `reaches`; where nobody says whether a location ships, a lane to a region says so."""
    reached = (
        lanes.filter(pl.col("to_region").is_not_null())
        .group_by(location="from_location")
        .agg(reaches=pl.col("to_region").n_unique().cast(pl.Int64))
    )
    return (
        nodes.join(reached, on="location", how="left", maintain_order="left")
        .with_columns(pl.col("reaches").fill_null(0))
        .with_columns(ships=pl.coalesce("ships", pl.col("reaches") > 0))
    )


def _stated(lanes: pl.DataFrame, nodes: pl.DataFrame, regions: list[str]) -> tuple[Floats, Floats, int]:
    """Days and cost by location and region, and how many lanes had no cost: these take the median of their kind."""
    rows = lanes.filter(pl.col("to_region").is_not_null()).join(
        nodes.select("location", "kind"), left_on="from_location", right_on="location"
    )
    usual = pl.coalesce(
        "cost_per_unit", pl.col("cost_per_unit").median().over("kind"), pl.col("cost_per_unit").median(), 0.0
    )
    priced = rows.with_columns(cost=usual)
    lead = np.full((nodes.height, len(regions)), np.inf)
    cost = np.zeros(lead.shape)
    place, region = _at(nodes["location"].to_list(), rows["from_location"]), _at(regions, rows["to_region"])
    for at, to, days, money in zip(place, region, rows["lead_days"], priced["cost"], strict=True):
        if to >= 0 and days < lead[at, to]:
            lead[at, to], cost[at, to] = days, money
    return lead, cost, int(rows["cost_per_unit"].null_count())


def _in_use(stated: Floats, cost: Floats, nodes: pl.DataFrame, home_region: Ints) -> tuple[Floats, Floats, int]:
    """Lanes of today, and how many were taken for granted: a location that ships reaches its own region anyway.

    One that does not ship serves who comes to it, at once and without freight, and nobody else.
    """
    ships = nodes["ships"].to_numpy()
    lead = np.where(ships[:, None], stated, np.inf)
    own = np.flatnonzero(ships & (home_region >= 0))
    own = own[~np.isfinite(lead[own, home_region[own]])]
    lead, cost = lead.copy(), cost.copy()
    lead[own, home_region[own]] = OWN_DAYS
    usual = [cost[at, to] for at, to in enumerate(home_region) if to >= 0 and np.isfinite(stated[at, to])]
    cost[own, home_region[own]] = float(np.median(usual)) if usual else 0.0
    counter = np.flatnonzero(~ships & (home_region >= 0))
    lead[counter, home_region[counter]] = 0.0
    cost[counter, home_region[counter]] = 0.0
    return lead, cost, len(own)


def _walk_in(shares: pl.DataFrame, expected: pl.DataFrame, nodes: pl.DataFrame, skus: list[str]) -> Floats:
    """What is asked for over the counter of locations that do not ship, by their share of what their region bought."""
    counters = nodes.filter(~pl.col("ships")).select("location", "region")
    units = (
        shares.filter(~pl.col("by_lane"))
        .join(counters, on=["location", "region"])
        .join(expected.select("region", "sku", "units"), on=["region", "sku"])
    )
    units = units.with_columns(units=pl.col("units") * pl.col("share"))
    return _table(units, skus, nodes["location"].to_list(), "location", "units")


def _distances(regions: pl.DataFrame) -> Floats:
    grid = regions.select(pl.col("tile_row", "tile_column").cast(pl.Float64)).fill_null(np.nan).to_numpy()
    apart = np.sqrt(((grid[:, None] - grid[None]) ** 2).sum(axis=2))
    apart = np.where(np.isnan(apart), np.inf, apart)
    np.fill_diagonal(apart, 0.0)
    return np.asarray(apart)


def _moves(lanes: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Lanes between locations that are known, with what they cost."""
    ends = nodes.select("location", "kind", "region")
    return (
        lanes.filter(pl.col("to_location").is_not_null() & pl.col("cost_per_unit").is_not_null())
        .join(ends.select("location", from_region="region"), left_on="from_location", right_on="location")
        .join(ends.select("location", to_kind="kind", end_region="region"), left_on="to_location", right_on="location")
        .select("from_location", "to_location", "to_kind", "from_region", to_region="end_region", cost="cost_per_unit")
    )


def _year(query: Query, items: pl.DataFrame, expected: pl.DataFrame, days: int) -> float:
    """Units of the last 365 days to those of the days ahead; plain days where there is no such year or no demand."""
    ahead = float(expected.filter(pl.col("region") != NOWHERE)["units"].sum())
    year = float(items["units_year"].sum())
    whole = (query.version.as_of - query.version.first_day).days >= 364
    return year / ahead if whole and ahead > 0 and year > 0 else 365.0 / days


def _missing(expected: pl.DataFrame, nodes: pl.DataFrame, lanes: pl.DataFrame) -> tuple[Message, ...]:
    """Whole tables that nobody brought: what that means here, and what would help."""
    texts = []
    if expected.is_empty():
        texts.append(
            N_(
                "There is no forecast for these goods yet, so nobody knows what will be asked for where. Run `python "
                "-m shopkeeper forecast`; stock, throughput and lanes are shown below all the same."
            )
        )
    if nodes["counted_on"].is_null().all():
        texts.append(
            N_(
                "No stock is known for these goods, so nobody can say what lies near its buyers. Import stock "
                "snapshots to see the rate."
            )
        )
    elif _placed(nodes).is_empty():
        texts.append(
            N_(
                "Stock was counted, but of no place with stock it is known where it stands or whom it ships to, so "
                "nobody can say what lies near its buyers. Import locations with their region, or lanes."
            )
        )
    if lanes.filter(pl.col("to_region").is_not_null()).is_empty():
        texts.append(
            N_(
                "There are no lanes to regions. A location that ships is taken to reach its own region within a day, "
                "and no other. Import lanes to see what else is in reach."
            )
        )
    elif (
        lanes.filter(pl.col("to_region").is_not_null())["cost_per_unit"].null_count()
        == lanes.filter(pl.col("to_region").is_not_null()).height
    ):
        texts.append(
            N_(
                "No lane has a cost, so neither shipping cost nor cost per point can be told; the fastest lanes are "
                "taken first. Add cost_per_unit to the lanes."
            )
        )
    if nodes.filter("described").is_empty():
        texts.append(
            N_(
                "No locations are described: what a place is, where it stands and whether it ships is not known. "
                "Import locations to see them as nodes."
            )
        )
    return tuple(Message(text) for text in texts)
