"""Network: how much of what will be asked for lies near, from where, at what cost; and what another node would bring.

Near-demand rate = sum over regions of min(region demand, stock in reach of the region's promise) / total demand, where
no unit of stock is promised twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated

import numpy as np
import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import NN_
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.messages import Message, MessageValue, message
from shopkeeper.models.arrays import Flags
from shopkeeper.supply.dependent_demand import sold_in
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.materiality import material_from
from shopkeeper.supply.network.allocation import (
    Allocation,
    Figures,
    elsewhere,
    figures,
    give_out,
    idle,
    missing,
    table,
)
from shopkeeper.supply.network.candidate_sites import Change, added, compared, cost_of, find, ranking
from shopkeeper.supply.network.frames import CANDIDATES, CATEGORIES, COMPARED, LANES, MISSING, NODES, REGIONS, TRIED
from shopkeeper.supply.network.inputs import NetworkInputs, read
from shopkeeper.supply.units import mixed_units, units_of

PROMISES = (1, 2, 3, 5)
"""Days within which a region may be promised its goods."""
WINDOWS = (14, 28)
"""Days ahead whose demand is looked at."""
LEAST_MISSING = 0.5
"""Units by region and SKU below which nothing is said to be missing: forecasts are fractions."""
MOVES = {"sku": pl.String, "from_location": pl.String, "location": pl.String, "units": pl.Float64}
Progress = Callable[[float], None]


@dataclass(frozen=True)
class NetworkOptions:
    """What near means, and how many days ahead are looked at. Raise `Refused` for days that there are not."""

    promise_days: float = 2.0
    window_days: int = 14

    def __post_init__(self) -> None:
        if not 0 < self.promise_days <= 30:
            days = f"{self.promise_days:g}"
            raise Refused(message("A promise of {days} days cannot be; choose more than 0, up to 30.", days=days))
        if self.window_days not in WINDOWS:
            raise Refused(
                message(
                    "Demand is looked at over {choices} days ahead, not {days}; choose one.",
                    choices=", ".join(map(str, WINDOWS)),
                    days=self.window_days,
                )
            )


EVERYWHERE, DEFAULT = GoodsFilters(), NetworkOptions()


@dataclass(frozen=True)
class Network:
    """Nodes, lanes and how near the goods are, as of a day.

    `now` is of the stock that is there, `coming` with the deliveries that land in the days ahead, all of these counted
    in full; the frames are of now. `lies_elsewhere` are units not near now that some other place holds. `year` is how
    many times the days ahead a year is. `priced`: costs are known. `material_from` is
    the least sum a year that leads the page. `inputs` and `allocation` serve `what_if`.
    """

    options: NetworkOptions
    filters: GoodsFilters
    as_of: date
    notes: tuple[Message, ...]
    now: Figures
    lies_elsewhere: float
    regions: Annotated[pl.DataFrame, REGIONS]
    categories: Annotated[pl.DataFrame, CATEGORIES]
    missing: Annotated[pl.DataFrame, MISSING]
    nodes: Annotated[pl.DataFrame, NODES]
    lanes: Annotated[pl.DataFrame, LANES]
    year: float
    priced: bool
    material_from: float | None
    inputs: NetworkInputs
    allocation: Allocation

    @cached_property
    def candidates(self) -> Annotated[pl.DataFrame, CANDIDATES]:
        """Each single further node, what brings most points first; computed when it is first asked for."""
        return ranking(self.inputs, self.allocation, chosen_regions(self.inputs, self.filters))

    @cached_property
    def coming(self) -> Figures:
        """Figures with what lands in the days ahead; computed when they are first asked for."""
        return planned(self, pl.DataFrame(schema=MOVES))


@dataclass(frozen=True)
class WhatIf:
    """Several nodes at once: `change` is of all regions chosen."""

    change: Change
    regions: Annotated[pl.DataFrame, COMPARED]
    nodes: Annotated[pl.DataFrame, TRIED]


def report(
    query: Query,
    filters: GoodsFilters = EVERYWHERE,
    in_force: InForce = DEFAULTS,
    options: NetworkOptions = DEFAULT,
    progress: Progress | None = None,
) -> Network:
    """How near the goods are. Regions chosen limit what is told; goods are given out to all regions in any case."""
    inputs = read(query, filters, in_force, options.window_days)
    shown = chosen_regions(inputs, filters)
    now = give_out(inputs, inputs.available, options.promise_days, progress)
    regions = _regions(inputs, now, shown)
    return Network(
        options,
        filters,
        query.version.as_of,
        (*mixed_units(units_of(query, filters)), *sold_in(query, filters), *inputs.notes, *_unreached(regions)),
        figures(inputs, now, shown),
        float(elsewhere(inputs, now)[:, shown].sum()),
        regions,
        table(inputs, now, shown, "category"),
        _missing(inputs, now, shown),
        _nodes(inputs, now),
        _lanes(inputs, now, shown),
        inputs.year,
        inputs.priced,
        material_from(query, in_force.policy),
        inputs,
        now,
    )


def what_if(network: Network, nodes: tuple[str, ...], node_cost: float = 0.0) -> WhatIf:
    """The same with these candidates as shipping points besides, in this order; goods are given out anew.

    Raise `Refused` for a candidate that there is not. `node_cost` is a year's cost of each (shop currency); 0: as
    locations of its kind cost, where that is in the data.
    """
    inputs, shown, after = network.inputs, chosen_regions(network.inputs, network.filters), network.allocation
    rows, fixed = [], 0.0
    for candidate in dict.fromkeys(nodes):
        node = find(inputs, candidate)
        after, units = added(inputs, after, node)
        rows.append({"candidate": node.candidate, "kind": node.kind, "region": node.region, "units": units})
        fixed += node_cost or cost_of(inputs, node) or 0.0
    change = compared(network.now, figures(inputs, after, shown), network.year, fixed)
    kept = ["region", "near_rate", "lead_days", "freight_per_unit"]
    then = table(inputs, after, shown, "region").select(kept)
    regions = network.regions.select("region", "demand", *kept[1:]).join(
        then, on="region", how="left", suffix="_after", maintain_order="left"
    )
    schema = {"candidate": pl.String, "kind": pl.String, "region": pl.String, "units": pl.Float64}
    return WhatIf(change, regions, pl.DataFrame(rows, schema=schema))


def planned(network: Network, moves: pl.DataFrame) -> Figures:
    """The figures once deliveries on their way and these moves have landed.

    `moves`: `sku, from_location` (null for an order from a supplier), `location, units`, only what lands in the days
    ahead. What a location does not have cannot leave it.
    """
    inputs = network.inputs
    stock = inputs.available + inputs.inbound
    skus = {sku: place for place, sku in enumerate(inputs.items["sku"])}
    places = {name: place for place, name in enumerate(inputs.nodes["location"])}
    for sku, source, target, units in moves.select("sku", "from_location", "location", "units").iter_rows():
        if sku in skus and target in places:
            row, moved = skus[sku], float(units)
            if source in places:
                moved = min(moved, float(stock[row, places[source]]))
                stock[row, places[source]] -= moved
            stock[row, places[target]] += moved
    allocation = give_out(inputs, stock, network.options.promise_days)
    return figures(inputs, allocation, chosen_regions(inputs, network.filters))


def moves_of(orders: pl.DataFrame, transfers: pl.DataFrame, until: date) -> pl.DataFrame:
    """Proposed orders and transfers (rows of Replenishment's reports) that land by a day, as `planned` takes them."""
    bought = orders.select("sku", pl.lit(None, pl.String).alias("from_location"), "location", "units", "lands_on")
    moved = transfers.select("sku", "from_location", pl.col("to_location").alias("location"), "units", "lands_on")
    both = pl.concat([part.with_columns(pl.col("units").cast(pl.Float64)) for part in (bought, moved)])
    return both.filter(pl.col("lands_on") <= until).select(list(MOVES))


def chosen_regions(inputs: NetworkInputs, filters: GoodsFilters) -> Flags:
    """Which regions are told of."""
    names = inputs.regions["region"]
    if filters.regions is None:
        return np.ones(len(names), dtype=bool)
    return np.array([name in filters.regions for name in names], dtype=bool)


def _regions(inputs: NetworkInputs, now: Allocation, shown: Flags) -> pl.DataFrame:
    near = (now.near & inputs.ships[:, None]).sum(axis=0)
    reach = inputs.regions.select("region", "tile_row", "tile_column", in_reach=pl.Series(near.astype(np.int64)))
    return table(inputs, now, shown, "region").join(reach, on="region", how="left", maintain_order="left")


def _missing(inputs: NetworkInputs, allocation: Allocation, shown: Flags) -> pl.DataFrame:
    units = missing(inputs, allocation)
    row, region = np.nonzero((units > LEAST_MISSING) & shown[None] & inputs.stocked)
    names = inputs.regions["region"].gather(region)
    demand, lies_elsewhere = inputs.demand[row, region], elsewhere(inputs, allocation)[row, region]
    return (
        inputs.items.select("sku", "name", "category", "unit_margin")[row]
        .with_columns(
            region=names,
            demand=pl.Series(demand),
            near=pl.Series(demand - units[row, region]),
            missing=pl.Series(units[row, region]),
            elsewhere=pl.Series(lies_elsewhere),
            nowhere=pl.Series(units[row, region] - lies_elsewhere),
        )
        .with_columns(margin_not_near=pl.col("missing") * pl.col("unit_margin"))
        .select(MISSING.names)
        .sort("margin_not_near", "missing", "region", "sku", descending=[True, True, False, False], nulls_last=True)
    )


def _nodes(inputs: NetworkInputs, allocation: Allocation) -> pl.DataFrame:
    gives = allocation.supply.sum(axis=0) - idle(allocation).sum(axis=0)
    near = (allocation.near & inputs.ships[:, None]).sum(axis=1)
    return inputs.nodes.with_columns(
        near_reaches=pl.Series(near.astype(np.int64)),
        gives=pl.Series(gives, dtype=pl.Float64),
        idle=pl.Series((inputs.available.sum(axis=0) - gives).clip(0.0), dtype=pl.Float64),
        capacity_use=pl.when(pl.col("capacity") > 0).then(pl.col("held") / pl.col("capacity")),
    ).sort("value_at_cost", "on_hand", "location", descending=[True, True, False], nulls_last=True)


def _lanes(inputs: NetworkInputs, allocation: Allocation, shown: Flags) -> pl.DataFrame:
    units = np.zeros(allocation.lead.shape)
    np.add.at(units, (allocation.flow.source, allocation.flow.sink), allocation.flow.units)
    at, to = np.nonzero(np.isfinite(allocation.lead) & shown[None] & inputs.ships[:, None])
    cost = pl.Series(allocation.cost[at, to], dtype=pl.Float64)
    return (
        inputs.nodes.select("location", "name", "kind")[at]
        .with_columns(
            region=inputs.regions["region"].gather(to),
            lead_days=pl.Series(allocation.lead[at, to]),
            cost_per_unit=cost if inputs.priced else pl.lit(None, dtype=pl.Float64),
            near=pl.Series(allocation.near[at, to]),
            units=pl.Series(units[at, to]),
        )
        .sort("location", "lead_days", "region")
    )


def _unreached(regions: pl.DataFrame) -> tuple[Message, ...]:
    """Regions that ask for goods and that no shipping location reaches in time."""
    away = regions.filter((pl.col("in_reach") == 0) & (pl.col("demand") > 0))["region"].to_list()
    if not away:
        return ()
    text = NN_(
        "{n} region is reached by no location within the promise: {regions}.",
        "{n} regions are reached by no location within the promise: {regions}.",
    )
    more = " …" if len(away) > 3 else ""
    values: dict[str, MessageValue] = {
        "n": len(away),
        "regions": ", ".join(away[:3]) + more,
    }
    return (Message.counted(text, values),)
