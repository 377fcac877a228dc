"""Goods given out to the regions' demand, and what can be read from it: near, far, unserved, days and freight.

Near comes first: no other way to give out the goods serves more units within the promise. Among these ways the one that
serves most units at all is taken, and among those the one with the least freight (`shopkeeper.models.placement`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.models.stock import placement
from shopkeeper.models.stock.placement import Flow
from shopkeeper.supply.network.inputs import NetworkInputs

SAME = 1e-6
"""Days by which an estimated lane may miss the promise and still keep it: it is rounding."""

MARGINS = ("margin_not_near", "unserved_margin")
NUMBERS = ("demand", "near", "far", "unserved", "near_rate", "lead_days", "freight", "freight_per_unit", *MARGINS)


@dataclass(frozen=True)
class Allocation:
    """The best way to give out `supply` (S x A units): `flow`, by lanes of `lead` and `cost` (A x R).

    Sources (A) are the locations, and after them those that were added. `cost` of an added one holds what moving the
    goods there costs.
    """

    flow: Flow
    supply: Floats
    lead: Floats
    cost: Floats
    promise: float

    @property
    def near(self) -> Flags:
        """Whether each lane keeps the promise."""
        return np.asarray(self.lead <= self.promise + SAME)


@dataclass(frozen=True)
class Figures:
    """Units of the days ahead: asked for, near, served at all; `unit_days` on the way; money of these days.

    `freight` is what shipping (and moving to an added location) costs, `near_margin` and `served_margin` the margin of
    units near and served. `stocked`: stock was counted at a known place; without it nobody can say what is near.
    """

    stocked: bool
    demand: float
    near: float
    served: float
    unit_days: float
    freight: float
    near_margin: float
    served_margin: float

    @property
    def near_rate(self) -> float | None:
        """Near-demand rate, 0 to 1; None without demand, and where no stock was counted."""
        return min(1.0, self.near / self.demand) if self.stocked and self.demand > 0 else None

    @property
    def lead_days(self) -> float | None:
        """Days to the buyer, mean over units served; None where none is."""
        return self.unit_days / self.served if self.served > 0 else None

    @property
    def freight_per_unit(self) -> float | None:
        """Money per unit served; None where none is."""
        return self.freight / self.served if self.served > 0 else None


def supply_of(inputs: NetworkInputs, stock: Floats) -> Floats:
    """What each location can give of `stock` (S x L); without shipping no more than is asked over its counter."""
    return np.where(inputs.ships, stock, np.minimum(stock, inputs.walk_in))


def give_out(
    inputs: NetworkInputs, stock: Floats, promise: float, progress: Callable[[float], None] | None = None
) -> Allocation:
    """The best way to give out `stock` (S x L units) by the lanes in use."""
    supply = supply_of(inputs, stock)
    value = placement.tiers(inputs.lead <= promise + SAME, inputs.lead, inputs.cost, inputs.dearest)
    flow = placement.place(supply, inputs.demand, value, progress)
    return Allocation(flow, supply, inputs.lead, inputs.cost, promise)


def with_source(
    inputs: NetworkInputs,
    allocation: Allocation,
    extra: Floats,
    lead: Floats,
    cost: Floats,
    taken: Floats | None = None,
) -> Allocation:
    """The best way once `extra` (S units) can also be given by lanes of `lead` and `cost` (R).

    `taken` (S x A) is what the other sources have less for it, out of what they had not given out.
    """
    supply = allocation.supply if taken is None else allocation.supply - taken
    value = placement.tiers(allocation.near, allocation.lead, allocation.cost, inputs.dearest)
    lanes = placement.tiers(lead[None] <= allocation.promise + SAME, lead[None], cost[None], inputs.dearest)[0]
    flow = placement.add_source(allocation.flow, supply, inputs.demand, value, extra, lanes)
    return Allocation(
        flow,
        np.hstack([supply, extra[:, None]]),
        np.vstack([allocation.lead, lead]),
        np.vstack([allocation.cost, cost]),
        allocation.promise,
    )


def idle(allocation: Allocation) -> Floats:
    """Units of each item and source (S x A) that nobody gets."""
    left = allocation.supply.copy()
    np.subtract.at(left, (allocation.flow.item, allocation.flow.source), allocation.flow.units)
    return np.asarray(left.clip(0.0))


def missing(inputs: NetworkInputs, allocation: Allocation) -> Floats:
    """Units asked for (S x R) that are not near."""
    flow, left = allocation.flow, inputs.demand.copy()
    kept = allocation.near[flow.source, flow.sink]
    np.subtract.at(left, (flow.item[kept], flow.sink[kept]), flow.units[kept])
    return np.asarray(left.clip(0.0))


def elsewhere(inputs: NetworkInputs, allocation: Allocation) -> Floats:
    """Of what is not near (S x R units), what lies at some other place and can be moved; the rest has to be ordered.

    An item's units that serve nobody nearby, wherever they lie, are shared in proportion to what is missing.
    """
    flow, lacking = allocation.flow, missing(inputs, allocation)
    kept = allocation.near[flow.source, flow.sink]
    near = np.bincount(flow.item[kept], flow.units[kept], len(lacking))
    spare = (inputs.available.sum(axis=1) - near).clip(0.0)
    whole = lacking.sum(axis=1)
    share = np.divide(np.minimum(spare, whole), whole, out=np.zeros_like(whole), where=whole > 0)
    return np.asarray(lacking * share[:, None])


def figures(inputs: NetworkInputs, allocation: Allocation, regions: Flags) -> Figures:
    """Sums over these regions (R)."""
    return _sums(inputs, allocation, np.zeros_like(inputs.demand, dtype=np.int64), 1, regions)[0]


def table(inputs: NetworkInputs, allocation: Allocation, regions: Flags, by: str) -> pl.DataFrame:
    """One row per `region`, or per `category`, of these regions (R).

    Columns: the group, `demand, near, far, unserved` (units), `near_rate` (null without demand), `lead_days`, `freight`
    (money of these days), `freight_per_unit`, `margin_not_near` (margin of what is not near), `unserved_margin`; money
    is null where no item's margin is known, and all but demand where no stock was counted.
    """
    shape = inputs.demand.shape
    if by == "region":
        names = inputs.regions["region"].to_list()
        group = np.broadcast_to(np.arange(shape[1]), shape)
    else:
        names = sorted(inputs.items["category"].unique().to_list())
        place = {name: number for number, name in enumerate(names)}
        own = np.array([place[name] for name in inputs.items["category"]], dtype=np.int64)
        group = np.broadcast_to(own[:, None], shape)
    worth = np.bincount(
        group[:, regions].ravel(), (inputs.demand * inputs.margin[:, None])[:, regions].ravel(), len(names)
    )
    sums = _sums(inputs, allocation, group, len(names), regions)
    rows = [
        {
            by: name,
            "demand": one.demand,
            "near": one.near,
            "far": _some(one.served - one.near),
            "unserved": _some(one.demand - one.served),
            "near_rate": one.near_rate,
            "lead_days": one.lead_days,
            "freight": one.freight,
            "freight_per_unit": one.freight_per_unit,
            "margin_not_near": _some(all_ - one.near_margin),
            "unserved_margin": _some(all_ - one.served_margin),
        }
        for name, one, all_ in zip(names, sums, worth.tolist(), strict=True)
    ]
    frame = pl.DataFrame(rows, schema={by: pl.String} | dict.fromkeys(NUMBERS, pl.Float64))
    unknown = NUMBERS[1:] if not inputs.stocked else () if inputs.margined else MARGINS
    frame = frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in unknown)
    return frame.filter(pl.Series(regions)) if by == "region" else frame


def _some(rest: float) -> float:
    """What is left after a subtraction, without the dust of rounding."""
    return max(0.0, round(rest, 6))


def _sums(inputs: NetworkInputs, allocation: Allocation, group: Ints, groups: int, regions: Flags) -> list[Figures]:
    """Figures of each group; `group` is the position of each item x region."""
    flow = allocation.flow
    units = flow.units * regions[flow.sink]
    at, lane = group[flow.item, flow.sink], (flow.source, flow.sink)
    near, margin = units * allocation.near[lane], inputs.margin[flow.item]

    def total(weights: Floats) -> list[float]:
        return np.bincount(at, weights, groups).tolist() if len(at) else [0.0] * groups

    days = np.where(np.isfinite(allocation.lead), allocation.lead, 0.0)
    demand = np.bincount(group[:, regions].ravel(), inputs.demand[:, regions].ravel(), groups).tolist()
    columns = (
        demand,
        total(near),
        total(units),
        total(units * days[lane]),
        total(units * allocation.cost[lane]),
        total(near * margin),
        total(units * margin),
    )
    return [Figures(inputs.stocked, *row) for row in zip(*columns, strict=True)]
