"""What a further shipping point would change: a location that does not ship today, or a new one in a region.

Nothing is invented: nobody buys more because goods are nearer. A unit counts in the change of margin only where no lane
brought it before and one does now; all else is freight saved or added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.errors import Refused
from shopkeeper.messages import message
from shopkeeper.models.arrays import Flags, Floats
from shopkeeper.supply.network.allocation import SAME, Allocation, Figures, figures, idle, missing, with_source
from shopkeeper.supply.network.frames import CANDIDATES
from shopkeeper.supply.network.inputs import NetworkInputs

FEWEST = 2
"""Distances between regions that a line through lanes needs."""
OPENED = ("dealer", "store")
"""Kinds of which a new one is weighed in every region; any kind can be tried."""
OPENING_YEARS = 5
"""Years over which the cost of opening a node is spread."""
WORTH_A_LOOK = 0.0005
"""Share of the demand that a new node must at least be able to bring near, to be weighed."""


@dataclass(frozen=True)
class Node:
    """A shipping point that is not there today: a location by its id, or a new one of a kind in a region."""

    location: str | None
    kind: str
    region: str

    @property
    def candidate(self) -> str:
        """What a link calls it."""
        return self.location or f"{self.kind}:{self.region}"


@dataclass(frozen=True)
class Change:
    """Figures with and without further nodes, of the same days and goods; `points` of the near-demand rate (0 to 1).

    `cost_year` is freight added (below 0: saved) and what the nodes themselves cost, `margin_year` the margin of units
    that nobody could be sent before less that; both money a year. `cost_per_point` is `cost_year` by percentage point,
    None where no point is won. `near_margin_year` is the margin of units brought near, which is not a gain in itself.
    """

    before: Figures
    after: Figures
    points: float
    cost_year: float
    cost_per_point: float | None
    margin_year: float
    near_margin_year: float


def compared(before: Figures, after: Figures, year: float, fixed: float) -> Change:
    """What the change from `before` to `after` is a year; `fixed` is what the nodes cost a year (money)."""
    points = round((after.near - before.near) / before.demand, 9) if before.demand > 0 else 0.0
    cost = (after.freight - before.freight) * year + fixed
    per_point = cost / (100 * points) if points > SAME else None
    margin = (after.served_margin - before.served_margin) * year - cost
    return Change(before, after, points, cost, per_point, margin, (after.near_margin - before.near_margin) * year)


def find(inputs: NetworkInputs, candidate: str) -> Node:
    """The node that a link asks for. Raise `Refused` where it cannot be switched on or opened."""
    rows = inputs.nodes.filter(pl.col("location") == candidate).to_dicts()
    if rows and not rows[0]["ships"]:
        return Node(candidate, rows[0]["kind"], rows[0]["region"])
    kind, _, region = candidate.partition(":")
    if region in set(inputs.regions["region"]) and kind in kinds(inputs):
        return Node(None, kind, region)
    if rows:
        raise Refused(message("“{node}” ships already; choose a location that does not.", node=candidate))
    raise Refused(message("“{node}” is neither a location nor a kind of node and a region.", node=candidate))


def kinds(inputs: NetworkInputs) -> list[str]:
    """Kinds of location that ship today by lanes whose regions' distance is known: a new one is like these."""
    return sorted(inputs.nodes.filter(pl.col("described") & (pl.col("reaches") > 0))["kind"].unique().to_list())


def candidates(inputs: NetworkInputs) -> list[Node]:
    """Every location that could be switched on, and a new one of each kind in each region that asks for something."""
    idle_now = inputs.nodes.filter(~pl.col("ships") & (pl.col("available") > 0))
    there = [Node(row["location"], row["kind"], row["region"]) for row in idle_now.to_dicts()]
    asking = inputs.regions["region"].filter(pl.Series(inputs.demand.sum(axis=0) > 0)).to_list()
    openable = [kind for kind in kinds(inputs) if kind in OPENED] or kinds(inputs)
    return there + [Node(None, kind, region) for kind in openable for region in asking]


def ranking(inputs: NetworkInputs, allocation: Allocation, regions: Flags) -> pl.DataFrame:
    """Each single candidate, what brings most points first: `CANDIDATES`.

    `action` switch_on or open; `units` it would hold to ship; `near_units` brought near in these days; `points` of the
    rate (0 to 1); money a year as in `Change`, without what the node itself costs (`costed`); `lead_days` the change of
    mean days to the buyer (below 0: faster).
    """
    before, rows = figures(inputs, allocation, regions), []
    far = missing(inputs, allocation)
    for node in candidates(inputs):
        reached = lanes_of(inputs, node)[0] <= allocation.promise + SAME
        if node.location or far[:, reached].sum() > WORTH_A_LOOK * before.demand:
            after, units = added(inputs, allocation, node)
            change = compared(before, figures(inputs, after, regions), inputs.year, 0.0)
            if units > SAME:
                rows.append(_row(inputs, node, units, change))
    order = ["points", "margin_year", "candidate"]
    return pl.DataFrame(rows, schema=CANDIDATES.schema()).sort(order, descending=[True, True, False])


def cost_of(inputs: NetworkInputs, node: Node) -> float | None:
    """What the node itself costs a year (shop currency): nothing more for a location that is there; None unknown.

    A new one costs what the median location of its kind does: twelve months of running it, and its opening spread over
    `OPENING_YEARS`.
    """
    if node.location:
        return 0.0
    alike = inputs.nodes.filter(pl.col("kind") == node.kind)
    running, opening = alike["running_cost"].median(), alike["opening_cost"].median()
    if not isinstance(running, int | float):
        return None
    return 12.0 * running + (opening / OPENING_YEARS if isinstance(opening, int | float) else 0.0)


def costed(ranked: pl.DataFrame, node_cost: float) -> pl.DataFrame:
    """The same ranking where each node itself costs so much a year (shop currency); 0: as the data have it."""
    own = pl.lit(node_cost) if node_cost else pl.col("node_cost")
    cost = pl.col("cost_year") + own.fill_null(0.0)
    return ranked.with_columns(
        node_cost=own,
        cost_year=cost,
        margin_year=pl.col("margin_year") - own.fill_null(0.0),
        cost_per_point=pl.when(pl.col("points") > SAME).then(cost / (100 * pl.col("points"))),
    )


def _row(inputs: NetworkInputs, node: Node, units: float, change: Change) -> dict[str, object]:
    names = dict(inputs.nodes.select("location", "name").rows())
    days = [figure.lead_days for figure in (change.before, change.after)]
    return {
        "candidate": node.candidate,
        "action": "switch_on" if node.location else "open",
        "name": names[node.location] if node.location else None,
        "kind": node.kind,
        "region": node.region,
        "units": units,
        "points": change.points,
        "near_units": change.after.near - change.before.near,
        "node_cost": cost_of(inputs, node),
        "cost_year": change.cost_year,
        "cost_per_point": change.cost_per_point,
        "margin_year": change.margin_year,
        "near_margin_year": change.near_margin_year,
        "lead_days": days[1] - days[0] if days[0] is not None and days[1] is not None else None,
    }


def added(inputs: NetworkInputs, allocation: Allocation, node: Node) -> tuple[Allocation, float]:
    """The goods given out with one more node, and the units that it holds for it."""
    lead, cost = lanes_of(inputs, node)
    if node.location:
        at = inputs.nodes["location"].to_list().index(node.location)
        extra = (inputs.available[:, at] - allocation.supply[:, at]).clip(0.0)
        return with_source(inputs, allocation, extra, lead, cost), float(extra.sum())
    extra, taken, freight = _stocked(inputs, allocation, node, lead)
    return with_source(inputs, allocation, extra, lead, cost + freight, taken), float(extra.sum())


def lanes_of(inputs: NetworkInputs, node: Node) -> tuple[Floats, Floats]:
    """Days and cost to each region (R): as told for the location, else as nodes of its kind have them by distance."""
    if node.location:
        at = inputs.nodes["location"].to_list().index(node.location)
        if np.isfinite(inputs.stated_lead[at]).any():
            return inputs.stated_lead[at], inputs.stated_cost[at]
    return _alike(inputs, node.kind, node.region)


def _alike(inputs: NetworkInputs, kind: str, region: str) -> tuple[Floats, Floats]:
    """Days and cost by region of a node like those of its kind, as far as one of these reaches.

    A straight line through lanes of the kind over the distance on the tile map; without a map only the region itself,
    by the median of such lanes. A kind without lanes is like all that ship.
    """
    lead, cost = np.full(inputs.regions.height, np.inf), np.zeros(inputs.regions.height)
    own = (inputs.nodes["kind"] == kind).to_numpy() & np.isfinite(inputs.stated_lead).any(axis=1)
    like = own if own.any() else np.isfinite(inputs.stated_lead).any(axis=1)
    tiles, home_region = inputs.tiles, inputs.home_region
    places = np.flatnonzero(like & (home_region >= 0))
    at, to = np.nonzero(np.isfinite(inputs.stated_lead[places]))
    far, days, money = (
        tiles[home_region[places[at]], to],
        inputs.stated_lead[places[at], to],
        inputs.stated_cost[places[at], to],
    )
    home = inputs.regions["region"].to_list().index(region) if region in set(inputs.regions["region"]) else -1
    if home < 0 or not len(far):
        return lead, cost
    near = far == 0
    lead[home] = float(np.median(days[near])) if near.any() else 1.0
    cost[home] = float(np.median(money[near] if near.any() else money))
    measured = np.isfinite(far)
    if len(np.unique(far[measured])) >= FEWEST:
        reach = np.isfinite(tiles[home]) & (tiles[home] <= far[measured].max())
        line = np.vander(far[measured], 2)
        for values, target in ((days, lead), (money, cost)):
            slope, level = np.linalg.lstsq(line, values[measured])[0]
            target[reach] = np.maximum(level + slope * tiles[home][reach], 0.0)
    return lead, cost


def _stocked(inputs: NetworkInputs, allocation: Allocation, node: Node, lead: Floats) -> tuple[Floats, Floats, float]:
    """Goods of a new node (S units), what others have less for it (S x A), and the cost of moving a unit there.

    It gets what is missing near the regions it reaches in time, as far as that lies idle in warehouses, nearest
    first; the dearest margins first where its kind holds less.
    """
    wanted = missing(inputs, allocation)[:, lead <= allocation.promise + SAME].sum(axis=1)
    left, sources = idle(allocation), allocation.supply.shape[1]
    warehouses = np.flatnonzero((inputs.nodes["kind"] == "warehouse").to_numpy())
    giving = warehouses if len(warehouses) else np.flatnonzero(inputs.ships)
    extra = np.minimum(wanted, left[:, giving].sum(axis=1))
    holds = inputs.nodes.filter(pl.col("kind") == node.kind)["capacity"].median()
    if isinstance(holds, int | float):
        order = np.argsort(-inputs.margin, kind="stable")
        before = np.cumsum(extra[order]) - extra[order]
        extra[order] = np.clip(float(holds) - before, 0.0, extra[order])
    tiles, home_region = inputs.tiles, inputs.home_region
    home = inputs.regions["region"].to_list().index(node.region)
    apart = np.where(home_region[giving] >= 0, tiles[home_region[giving], home], np.inf)
    taken, rest, spent = np.zeros((len(extra), sources)), extra.copy(), 0.0
    price = _moving(inputs, node.kind)
    for at, far in sorted(zip(giving, apart, strict=True), key=lambda pair: float(pair[1])):
        taken[:, at] = np.minimum(rest, left[:, at])
        rest = rest - taken[:, at]
        spent += float(taken[:, at].sum()) * price(float(far))
    return extra, taken, spent / float(extra.sum()) if extra.sum() > 0 else 0.0


def _moving(inputs: NetworkInputs, kind: str) -> Callable[[float], float]:
    """Cost of moving a unit so far (tiles) to a node of a kind, as others of it have it; 0 where no move has a cost."""
    alike = inputs.moves.filter(pl.col("to_kind") == kind)
    alike = inputs.moves if alike.is_empty() else alike
    if alike.is_empty():
        return lambda _far: 0.0
    place = {name: number for number, name in enumerate(inputs.regions["region"])}
    ends = alike.select("from_region", "to_region").rows()
    far = np.array([inputs.tiles[place[a], place[b]] if a in place and b in place else np.inf for a, b in ends])
    cost, measured = alike["cost"].to_numpy(), np.isfinite(far)
    usual = float(np.median(cost))
    if len(np.unique(far[measured])) < FEWEST:
        return lambda _far: usual
    slope, level = np.linalg.lstsq(np.vander(far[measured], 2), cost[measured])[0]
    return lambda far: max(0.0, float(level + slope * far)) if np.isfinite(far) else usual


def best_step(ranked: pl.DataFrame, *, margined: bool) -> dict[str, Any] | None:
    """The row of `costed` to lead with, and its `worth` a year (margin, or shipping saved where none is known).

    What is worth most where every node's own cost is known, else what brings most points; none where none brings any.
    """
    worth = pl.col("margin_year") if margined else -pl.col("cost_year")
    rows = ranked.filter(pl.col("points") > 0).with_columns(worth=worth)
    if rows.is_empty():
        return None
    if not rows["node_cost"].null_count():
        rows = rows.sort("worth", "points", "candidate", descending=[True, True, False], nulls_last=True)
    return rows.row(0, named=True)
