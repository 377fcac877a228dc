"""What to move between locations: who will be short before his next supply, who can spare it, and what it saves.

A receiver's loss without help is what he will be short of between the day on which a transfer could be sold and his
next supply (an order of today from his supplier, or the next review of the warehouse that supplies him), over ten
equally likely courses of demand. A source gives only what it will not need itself until it can be supplied again, its
safety stock kept; to others than those it supplies, only what these will not need either. `models.transfers` then finds
the moves that save most. Where a lane moves nothing below a minimum, more than the need may go, if that still pays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import numpy as np
import polars as pl
from scipy.special import ndtri  # type: ignore[import-untyped]

from shopkeeper import i18n
from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.engine.query import Query
from shopkeeper.i18n import gettext as _
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.counts import count_quantile
from shopkeeper.models.demand.lead_errors import SumErrors
from shopkeeper.models.demand.series import errors_of
from shopkeeper.models.stock.inventory import expected, levels, shortfall
from shopkeeper.models.stock.transfer_program import WAY, Task
from shopkeeper.models.stock.transfers import TransferPlan, plan
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment.frames import LANES, TRANSFERS
from shopkeeper.supply.replenishment.needs import Needs, cover, need_errors, notes_of, stock_needs, wanted_of
from shopkeeper.supply.units import added_units

COURSES = 10
"""Courses of demand, each the middle of a tenth of what can come."""
NOTHING = 1e-6
"""Of the margin: what a unit beyond the need is taken to lose, so that none goes by a way that costs nothing."""
_CHUNK = 4096


@dataclass(frozen=True)
class Transfers:
    """Moves to make today, the best first, and what they come to by lane.

    `notes` counts what falls short: those of `needs.notes_of`, and `no_lanes` (1: none between locations),
    `no_lane_cost` (lanes without a cost, which count as free), `nobody_short` and `nothing_spare` (1).
    """

    filters: GoodsFilters
    policy: Policy
    as_of: date
    rows: Annotated[pl.DataFrame, TRANSFERS]
    lanes: Annotated[pl.DataFrame, LANES]
    plan: TransferPlan
    notes: Mapping[str, int]


def report(query: Query, filters: GoodsFilters, in_force: InForce = DEFAULTS) -> Transfers:
    """The moves that save most for the goods chosen; of these, the ones from or to the places chosen are shown."""
    needs = stock_needs(query, filters, in_force)
    lanes = query("supply/replenishment/transfer_lanes")
    room = query("supply/replenishment/transfer_room").select(
        to_location="location", units=(pl.col("capacity_units") - pl.col("units")).clip(0)
    )
    task, ways = task_of(needs, lanes, room, in_force.policy)
    made = plan(task)
    rows = _rows(needs, task, ways, made)
    return Transfers(
        filters,
        in_force.policy,
        needs.as_of,
        _shown(rows, needs, filters),
        _lanes(_shown(rows, needs, filters), lanes),
        made,
        _notes(needs, lanes, task, ways),
    )


def why(row: Mapping[str, Any]) -> str:
    """Why a row of `Transfers` is moved, in the viewer's language."""
    number = i18n.number
    words = _(
        "{to} has {available} and needs {need} until its next supply on {next}: {short} would be short on average. "
        "{source} can spare {spare} of its {there} and keeps {left}. {units} arrive on {day} at {cost} each.",
        to=row["to_location"],
        available=i18n.integer(row["to_available"]),
        need=number(row["to_need"], 1),
        next=i18n.date_(row["next_supply_on"]),
        short=number(row["expected_short"], 1),
        source=row["from_location"],
        spare=i18n.decimal(row["from_spare"]),
        there=i18n.decimal(row["from_available"]),
        left=i18n.decimal(row["from_left"]),
        units=i18n.decimal(row["units"]),
        day=i18n.date_(row["lands_on"]),
        cost=number(row["cost_per_unit"]),
    )
    if not row["surplus_units"]:
        return words
    more = _(
        "{units} of them are not missing yet: they fill the lane up to the least that it moves.",
        units=i18n.decimal(row["surplus_units"]),
    )
    return f"{words} {more}"


def task_of(needs: Needs, lanes: pl.DataFrame, room: pl.DataFrame, policy: Policy) -> tuple[Task, pl.DataFrame]:
    """The program's input, and its ways with `arrives, until` (days ahead), `short` (mean units), `needed` (most)."""
    cells = needs.cells.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    supply = _supply(needs, cells, policy)
    ways = _ways(cells, supply, lanes, policy)
    ways, steps = _with_surplus(needs, *_worth(needs, ways), lanes)
    limits = lanes.select(*WAY, minimum="minimum_units")
    return Task(supply, ways.select(*WAY, "sku", "cost", "most", "outside"), steps, limits, room), ways


def _supply(needs: Needs, cells: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """What each place can give: `from_location, sku, units, units_outside`, where that is a unit at least."""
    givers = cells.filter(pl.col("available") >= 1)
    rows = givers["row"].to_numpy()
    given = givers.select(from_location="location", sku="sku")
    kinds = (("units", needs.own, errors_of(givers)), ("units_outside", needs.need, need_errors(givers)))
    for name, units, errors in kinds:
        spare = _spare(givers, units[rows], needs.inbound[rows], errors, policy)
        given = given.with_columns(pl.Series(name, np.floor(spare + 1e-9)).cast(pl.Int64))
    # What those supplied from here need can only lower what may leave for others.
    given = given.with_columns(units_outside=pl.min_horizontal("units", "units_outside"))
    return given.filter(pl.col("units") > 0)


def _spare(givers: pl.DataFrame, units: Floats, inbound: Floats, errors: SumErrors, policy: Policy) -> Floats:
    """The most that can leave today so that stock never falls below safety stock before it can be supplied again."""
    lead = givers["lead_days"].to_numpy().astype(float)
    wanted = wanted_of(givers, policy)
    level = levels(
        units,
        errors,
        lead,
        givers["lead_sd"].to_numpy(),
        wanted.service,
        wanted.review_days,
        wanted.integer_valued,
        by_fill_rate=wanted.by_fill_rate,
    )
    end = lead + policy.review_days
    kept = level.order_up_to - expected(units, end)
    available = givers["available"].to_numpy()
    course = np.cumsum(inbound, axis=1) - np.cumsum(units, axis=1)
    within = np.arange(1, units.shape[1] + 1) <= np.ceil(end)[:, None]
    lowest = np.minimum(np.where(within, course, np.inf).min(axis=1, initial=np.inf), 0.0)
    # Lead times beyond the forecast: what is needed there is needed too.
    beyond = np.maximum(expected(units, end) - units.sum(axis=1), 0)
    return np.asarray(np.clip(available + lowest - beyond - kept, 0, available))


def _ways(cells: pl.DataFrame, supply: pl.DataFrame, lanes: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Lanes x SKUs between a place with something to spare and one that is asked for the SKU, in time."""
    with_demand = cells.filter((pl.col("daily_mean") > 0) & (pl.col("unit_margin") > 0))
    supplied = pl.col("from_location").is_not_null()
    receivers = with_demand.select(
        "row",
        "sku",
        "unit_margin",
        to_location="location",
        supplier="from_location",
        until=(pl.col("lead_days") + pl.when(supplied).then(policy.review_days).otherwise(0)).ceil().clip(1, HORIZON),
    )
    joined = lanes.join(supply.select("from_location", "sku"), on="from_location").join(
        receivers, on=["to_location", "sku"]
    )
    return (
        joined.with_columns(
            arrives=(pl.col("lead_days") + policy.receiving_days).ceil().clip(1),
            cost=pl.col("cost_per_unit").fill_null(0.0),
            outside=(pl.col("supplier") != pl.col("from_location")).fill_null(value=True),
        )
        .filter(pl.col("arrives") < pl.col("until"))
        .sort("to_location", "sku", "arrives", "from_location")
    )


def _worth(needs: Needs, ways: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`ways` with `cost` (being late included), `most` and `short`; and what each further unit is worth, in steps."""
    short = _short(needs, ways)
    useful = short.max(axis=1, initial=0.0) > 1e-6
    ways, short = ways.filter(pl.Series(useful)), short[useful]
    margin = ways["unit_margin"].to_numpy()
    most = np.ceil(short.max(axis=1, initial=0.0) - 1e-9)
    number = np.cumsum(_starts(ways)) - 1
    first = np.flatnonzero(_starts(ways))
    best = short[first]
    # Sorted by arrival, the first way of a receiver saves most; a later one saves less of the same units.
    at = first[number]
    late = np.minimum(short[at], most[:, None]).mean(axis=1) - np.minimum(short, most[:, None]).mean(axis=1)
    priced = ways.with_columns(
        pl.Series("most", most).cast(pl.Int64),
        pl.Series("short", short.mean(axis=1)),
        cost=pl.col("cost") + pl.Series(np.maximum(late, 0) * margin / np.maximum(most, 1)),
    )
    return priced, _steps(priced[first], best, margin[first])


def _with_surplus(
    needs: Needs, ways: pl.DataFrame, steps: pl.DataFrame, lanes: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ways and steps with what may go beyond the need where a lane moves nothing below a minimum.

    Such units save nothing now, so that they go only where the others pay for them; they are no more than the receiver
    will sell within the forecast. `needed` is what `most` was without them.
    """
    least = lanes.filter(pl.col("minimum_units") > 1).select(*WAY, "minimum_units")
    row = ways["row"].to_numpy().astype(int)
    sells = needs.own[row, :HORIZON].sum(axis=1) - needs.cells["available"].to_numpy()[row]
    joined = ways.join(least, on=WAY, how="left", maintain_order="left").with_columns(needed="most")
    later = pl.Series(np.floor(np.maximum(sells - ways["most"].to_numpy(), 0))).cast(pl.Int64)
    joined = joined.with_columns(surplus=pl.min_horizontal(later, pl.col("minimum_units").fill_null(0)))
    surplus = joined.group_by("to_location", "sku").agg(
        step=pl.lit(COURSES, dtype=pl.Int64),
        units=pl.col("surplus").max(),
        worth=(-pl.col("unit_margin") * NOTHING).max(),
    )
    more = surplus.filter(pl.col("units") > 0).select(steps.columns)
    ways = joined.with_columns(most=pl.col("most") + pl.col("surplus")).drop("surplus", "minimum_units")
    return ways, pl.concat([steps, more])


def _starts(ways: pl.DataFrame) -> np.ndarray:
    """Whether a row begins a new receiver and SKU."""
    last = pl.struct("to_location", "sku")
    return ways.select(last.ne_missing(last.shift())).to_series().fill_null(value=True).to_numpy()


def _steps(receivers: pl.DataFrame, short: Floats, margin: Floats) -> pl.DataFrame:
    """`to_location, sku, step, units, worth`: the mean over courses of min(n, short), between whole numbers n."""
    marks = np.ceil(np.sort(short, axis=1) - 1e-9)
    saved = np.minimum(marks[:, :, None], short[:, None, :]).mean(axis=2)
    units = np.diff(marks, axis=1, prepend=0.0)
    gained = np.diff(saved, axis=1, prepend=0.0)
    worth = np.divide(gained, units, out=np.zeros_like(gained), where=units > 0) * margin[:, None]
    row, step = np.nonzero((units > 0) & (worth > 0))
    return receivers.select("to_location", "sku")[row].with_columns(
        pl.Series("step", step).cast(pl.Int64),
        pl.Series("units", units[row, step]).cast(pl.Int64),
        pl.Series("worth", worth[row, step]),
    )


def _short(needs: Needs, ways: pl.DataFrame) -> Floats:
    """Ways x courses: units short between arrival and next supply, if demand takes that course."""
    result = np.zeros((ways.height, COURSES))
    row, until, arrives = (ways[name].to_numpy().astype(int) for name in ("row", "until", "arrives"))
    cells = needs.cells.select("available", "error_sd", "lead_error_sd", "integer_valued")
    for first in range(0, ways.height, _CHUNK):
        part = slice(first, first + _CHUNK)
        there = cells[row[part]]
        units, inbound = needs.own[row[part]], needs.inbound[row[part]]
        mean = expected(units, until[part])
        variance = errors_of(there).variance_over(until[part])
        available = there["available"].to_numpy()
        risky = np.flatnonzero(mean + 4 * np.sqrt(variance) + 4 > available)
        for course in range(COURSES):
            wanted = _course(
                (course + 0.5) / COURSES, mean[risky], variance[risky], there["integer_valued"].to_numpy()[risky]
            )
            times = np.divide(wanted, mean[risky], out=np.zeros_like(wanted), where=mean[risky] > 0)
            shortage = shortfall(units[risky] * times[:, None], available[risky], inbound[risky])
            worst = np.maximum(np.maximum.accumulate(shortage, axis=1), 0)
            ends, starts = until[part][risky] - 1, np.minimum(arrives[part][risky], HORIZON) - 1
            at = np.arange(len(risky))
            result[first + risky, course] = worst[at, ends] - worst[at, starts]
    return result


def _course(chance: float, mean: Floats, variance: Floats, integer_valued: np.ndarray) -> Floats:
    """The demand that is not exceeded with this chance: whole units where demand comes in single units."""
    smooth = np.maximum(mean + float(ndtri(chance)) * np.sqrt(variance), 0)
    demand = smooth.copy()
    if integer_valued.any():
        demand[integer_valued] = count_quantile(chance, mean[integer_valued], variance[integer_valued])
    return demand


def _rows(needs: Needs, task: Task, ways: pl.DataFrame, made: TransferPlan) -> pl.DataFrame:
    as_of = pl.lit(needs.as_of)
    cells = needs.cells.select("location", "sku", "name", "category", "unit", "available", "unit_margin")
    arrival = ways.select(*WAY, "sku", "arrives", "until", "short", "needed", "lead_days", "cost_per_unit", "row")
    given = made.moves.group_by("from_location", "sku").agg(given=pl.col("units").sum())
    keys = [*WAY, "sku"]
    rows = (
        made.moves.join(arrival, on=keys, how="left", maintain_order="left")
        .join(cells.rename({"location": "to_location", "available": "to_available"}), on=["to_location", "sku"])
        .join(cells.select("sku", from_location="location", from_available="available"), on=["from_location", "sku"])
        .join(task.supply.select("from_location", "sku", from_spare="units"), on=["from_location", "sku"])
        .join(given, on=["from_location", "sku"])
    )
    got = pl.col("units").cum_sum().over("to_location", "sku")
    rows = rows.with_columns(surplus_units=pl.min_horizontal((got - pl.col("needed")).clip(0), "units"))
    at = rows["row"].to_numpy()
    cover_days = cover(needs, at)
    wanted = expected(needs.own[at], rows["until"].to_numpy())
    paid = pl.col("units") * pl.col("cost_per_unit").fill_null(0.0)
    return (
        rows.with_columns(
            pl.Series("to_cover_days", cover_days).fill_nan(None),
            pl.Series("to_need", wanted),
            # Being late is a loss, not a cost that anybody pays.
            margin_saved=pl.col("worth") - (pl.col("cost") - paid),
            paid=paid,
            lands_on=as_of + pl.duration(days=pl.col("arrives").cast(pl.Int64)),
            next_supply_on=as_of + pl.duration(days=pl.col("until").cast(pl.Int64)),
            expected_short="short",
            from_left=pl.col("from_available") - pl.col("given"),
            proposal=pl.format("{}:transfer:{}:{}:{}", as_of.cast(pl.String), "from_location", "to_location", "sku"),
        )
        .with_columns(pl.col("units").cast(pl.Float64), cost="paid", gain=pl.col("margin_saved") - pl.col("paid"))
        .sort("gain", "proposal", descending=[True, False])
        .select(TRANSFERS.names)
    )


def _shown(rows: pl.DataFrame, needs: Needs, filters: GoodsFilters) -> pl.DataFrame:
    """Moves from or to one of the places chosen."""
    for chosen, column in ((filters.locations, "location"), (filters.regions, "region")):
        if chosen is not None:
            places = needs.cells.filter(pl.col(column).is_in(list(chosen)))["location"].unique().implode()
            rows = rows.filter(pl.col("from_location").is_in(places) | pl.col("to_location").is_in(places))
    return rows


def _lanes(rows: pl.DataFrame, lanes: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.group_by(WAY)
        .agg(pl.len().cast(pl.Int64).alias("skus"), added_units("units"), pl.col("margin_saved", "cost", "gain").sum())
        .join(lanes.select(*WAY, "minimum_units"), on=WAY, how="left")
        .sort("gain", *WAY, descending=[True, False, False])
    )


def _notes(needs: Needs, lanes: pl.DataFrame, task: Task, ways: pl.DataFrame) -> dict[str, int]:
    counts = dict(notes_of(needs))
    plan_counts = {
        "no_lanes": int(lanes.is_empty()),
        "no_lane_cost": lanes["cost_per_unit"].null_count(),
        "nothing_spare": int(task.supply.is_empty()),
        "nobody_short": int(not task.supply.is_empty() and not lanes.is_empty() and ways.is_empty()),
    }
    return counts | {name: count for name, count in plan_counts.items() if count}
