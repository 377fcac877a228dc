"""What to move between locations: a linear program, solved by HiGHS.

Units x of each SKU go along ways from a place with too much to one that will be short. What arrives is worth what the
receiver would lose without it, less and less per unit (steps); each unit costs what its way costs. Maximise worth less
cost, so that no source gives more than its surplus, no receiver gets more than it needs, and no location more than it
has room for. Without room to share, SKUs do not touch each other and are solved some at a time; each is a flow in a
network, so whole surpluses and needs give whole units.

Where lanes move nothing below a minimum, the program is solved without that rule first; if a used lane is then below
its minimum, the lane furthest below is closed, and so on until none is. That is a heuristic. Its answer is held against
a mixed-integer program with a yes or no per lane, which HiGHS searches for a limited number of steps, and the better
one is taken; `TransferPlan.bound` says how much more any plan could bring.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix, hstack, vstack  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.stock.transfer_program import WAY, Task, linear, program

__all__ = ["WAY", "Task", "TransferPlan", "plan"]

SKUS_AT_ONCE = 400
"""SKUs that are solved in one program where they do not touch each other."""
LARGEST_SEARCH = 20_000
"""Ways and steps beyond which whole lanes are not searched for: the heuristic's answer stands."""
SEARCH = {"node_limit": 200, "mip_rel_gap": 1e-4, "time_limit": 20.0}


@dataclass(frozen=True)
class TransferPlan:
    """`moves`: `from_location, to_location, sku, units, worth, cost` (of all units of the row), sorted by these names.

    `gain` is all worth less all cost. `bound` is what no plan can beat, as far as is known. `closed` are the lanes that
    would be used if they had no minimum, `full` the locations whose room is used up.
    """

    moves: pl.DataFrame
    gain: float
    bound: float
    closed: tuple[tuple[str, str], ...]
    full: tuple[str, ...]


MOVES = {
    "from_location": pl.String,
    "to_location": pl.String,
    "sku": pl.String,
    "units": pl.Int64,
    "worth": pl.Float64,
    "cost": pl.Float64,
}


def plan(task: Task) -> TransferPlan:
    """The moves that bring most. Nothing to give, nobody short or no way between them gives no moves."""
    ways = _useful(task)
    flows, bound = _apart(task, ways)
    shared_room = _overflows(task, ways, flows)
    if shared_room:
        flows, bound = linear(program(task, ways, task.room))
    wished = flows
    if _below_minimum(task, ways, flows):
        flows = _without_small_lanes(task, ways, flows, shared_room=shared_room)
        searched, bound = _whole_lanes(task, ways, bound)
        if searched is not None and _gain(task, ways, searched) > _gain(task, ways, flows):
            flows = searched
    moves = _moves(task, ways, flows)
    gain = float((moves["worth"] - moves["cost"]).sum())
    return TransferPlan(moves, gain, max(bound, gain), _closed(ways, wished, flows), _full(task, moves))


def _without_small_lanes(task: Task, ways: pl.DataFrame, flows: Floats, *, shared_room: bool) -> Floats:
    """Close the lane furthest below its minimum and solve again, until none is."""
    flows = flows.copy()
    while worst := _below_minimum(task, ways, flows):
        shut = _among(ways, pl.DataFrame(worst, schema=WAY, orient="row"))
        touched = ways.filter(shut & (pl.Series(flows) > 0))["sku"].unique()
        ways = ways.with_columns(most=pl.when(shut).then(0).otherwise("most"))
        if not shared_room:
            rows = np.flatnonzero(ways["sku"].is_in(touched.implode()).to_numpy())
            flows[rows], _ = linear(program(task, ways[rows], None))
            shared_room = _overflows(task, ways, flows)
        if shared_room:
            flows, _ = linear(program(task, ways, task.room))
    return flows


def _whole_lanes(task: Task, ways: pl.DataFrame, bound: float) -> tuple[Floats | None, float]:
    """Units by way with each lane at its minimum or closed, as far as the search came, and the bound it proved."""
    whole_program = program(task, ways, task.room)
    if len(whole_program.cost) > LARGEST_SEARCH:
        return None, bound
    lanes = task.lanes.filter(pl.col("minimum") > 1).join(ways, on=WAY, how="semi").sort(WAY).with_row_index("lane")
    at = ways.with_row_index("way").join(lanes, on=WAY)
    size, count = len(whole_program.cost), lanes.height
    on_lane = coo_matrix((np.ones(at.height), (at["lane"].to_numpy(), at["way"].to_numpy())), shape=(count, size))
    least, most = lanes["minimum"].to_numpy().astype(float), on_lane @ whole_program.upper
    opened = coo_matrix((np.ones(count), (np.arange(count), np.arange(count))), shape=(count, count))
    nothing = coo_matrix((whole_program.most.shape[0] + whole_program.balance.shape[0], count))
    rows = vstack(
        [
            hstack([vstack([whole_program.limits, whole_program.balance]), nothing]),
            hstack([on_lane, -opened.multiply(least[:, None])]),
            hstack([on_lane, -opened.multiply(most[:, None])]),
        ]
    ).tocsr()
    none, zeros = np.full(len(whole_program.most), -np.inf), np.zeros(whole_program.balance.shape[0])
    solution = milp(
        np.concatenate([whole_program.cost, np.zeros(count)]),
        constraints=LinearConstraint(
            rows,
            np.concatenate([none, zeros, np.zeros(count), np.full(count, -np.inf)]),
            np.concatenate([whole_program.most, zeros, np.full(count, np.inf), np.zeros(count)]),
        ),
        bounds=Bounds(0, np.concatenate([whole_program.upper, np.ones(count)])),
        integrality=np.concatenate([np.ones(ways.height), np.zeros(size - ways.height), np.ones(count)]),
        options=SEARCH,
    )
    proved = bound if solution.mip_dual_bound is None else min(bound, -float(solution.mip_dual_bound))
    return (None if solution.x is None else np.round(solution.x[: ways.height])), proved


def _closed(ways: pl.DataFrame, wished: Floats, flows: Floats) -> tuple[tuple[str, str], ...]:
    used = ways.select(*WAY, wished=pl.Series(wished), used=pl.Series(flows)).group_by(WAY).agg(pl.all().sum())
    return tuple(used.filter((pl.col("wished") > 0) & (pl.col("used") == 0)).sort(WAY).select(WAY).rows())


def _useful(task: Task) -> pl.DataFrame:
    """Ways that start where something can be given, and end where it is worth more than it costs.

    Where a lane has a minimum, a unit that loses a little may open it for others.
    """
    first = task.steps.group_by("to_location", "sku").agg(
        best=pl.col("worth").max(), needed=pl.col("units").sum().cast(pl.Int64)
    )
    ways = (
        task.ways.join(task.supply.filter(pl.col("units") > 0), on=["from_location", "sku"])
        .join(first, on=["to_location", "sku"])
        .join(task.lanes, on=WAY, how="left")
        .filter((pl.col("best") > pl.col("cost")) | (pl.col("minimum") > 1), pl.col("most") > 0)
        .with_columns(most=pl.min_horizontal("most", "units", "needed"))
        .sort("sku", *WAY)
    )
    return ways.select(*WAY, "sku", "cost", "most", "outside")


def _apart(task: Task, ways: pl.DataFrame) -> tuple[Floats, float]:
    """Units by row of `ways` and what they gain, where no room is shared: SKUs some at a time."""
    flows, gain = np.zeros(ways.height), 0.0
    number = ways["sku"].rle_id().cast(pl.Int64).to_numpy()
    for first in range(0, int(number.max(initial=-1)) + 1, SKUS_AT_ONCE):
        rows = np.flatnonzero((number >= first) & (number < first + SKUS_AT_ONCE))
        flows[rows], part = linear(program(task, ways[rows], None))
        gain += part
    return flows, gain


def _among(ways: pl.DataFrame, lanes: pl.DataFrame) -> pl.Series:
    marked = ways.select(WAY).join(
        lanes.with_columns(listed=pl.lit(value=True)), on=WAY, how="left", maintain_order="left"
    )
    return marked["listed"].fill_null(value=False)


def _overflows(task: Task, ways: pl.DataFrame, flows: Floats) -> bool:
    arriving = ways.select("to_location", units=pl.Series(flows)).group_by("to_location").agg(pl.col("units").sum())
    over = arriving.join(task.room, on="to_location", suffix="_room").filter(pl.col("units") > pl.col("units_room"))
    return not over.is_empty()


def _below_minimum(task: Task, ways: pl.DataFrame, flows: Floats) -> list[tuple[str, str]]:
    """The used lane that is furthest below its minimum."""
    used = (
        ways.select(*WAY, units=pl.Series(flows)).group_by(WAY).agg(pl.col("units").sum()).filter(pl.col("units") > 0)
    )
    low = used.join(task.lanes, on=WAY).filter(pl.col("units") < pl.col("minimum"))
    low = low.sort(pl.col("units") / pl.col("minimum"), *WAY)
    return low.select(WAY).head(1).rows()


def _moves(task: Task, ways: pl.DataFrame, flows: Floats) -> pl.DataFrame:
    """What is moved; what a receiver's units are worth is shared among its ways by units."""
    used = ways.with_columns(units=pl.Series(flows)).filter(pl.col("units") > 0)
    if used.is_empty():
        return pl.DataFrame(schema=MOVES)
    got = used.group_by("to_location", "sku").agg(got=pl.col("units").sum())
    before = pl.col("units").cum_sum().over("to_location", "sku") - pl.col("units")
    filled = (pl.col("got") - before).clip(0, pl.col("units"))
    worth = (
        task.steps.sort("to_location", "sku", "step")
        .join(got, on=["to_location", "sku"], maintain_order="left")
        .with_columns(part=filled * pl.col("worth"))
        .group_by("to_location", "sku")
        .agg(whole=pl.col("part").sum())
    )
    return (
        used.join(got, on=["to_location", "sku"])
        .join(worth, on=["to_location", "sku"])
        .select(
            *WAY,
            "sku",
            pl.col("units").cast(pl.Int64),
            worth=pl.col("whole") * pl.col("units") / pl.col("got"),
            cost=pl.col("units") * pl.col("cost"),
        )
        .sort(*WAY, "sku")
    )


def _gain(task: Task, ways: pl.DataFrame, flows: Floats) -> float:
    moves = _moves(task, ways, flows)
    return float((moves["worth"] - moves["cost"]).sum())


def _full(task: Task, moves: pl.DataFrame) -> tuple[str, ...]:
    got = moves.group_by("to_location").agg(pl.col("units").sum())
    return tuple(
        got.join(task.room, on="to_location", suffix="_room")
        .filter(pl.col("units") + 1 > pl.col("units_room"))["to_location"]
        .sort()
    )
