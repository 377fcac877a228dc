"""The linear program of transfers: its rows and columns from frames, and its solution by HiGHS."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]

from shopkeeper.errors import Refused
from shopkeeper.messages import message
from shopkeeper.models.arrays import Floats, Ints

WAY = ["from_location", "to_location"]
_EPSILON = 1e-6


@dataclass(frozen=True)
class Task:
    """What a plan is made from; all units are whole numbers.

    `supply`: `from_location, sku, units` (that can be given away), `units_outside` (of these, how many by ways marked
    `outside`). `ways`: `from_location, to_location, sku, cost` (per unit), `most` (units), `outside`. `steps`:
    `to_location, sku, step` (0, 1, ...), `units, worth` (per unit, falling from step to step). `lanes`:
    `from_location, to_location, minimum`. `room`: `to_location, units`; places without a row hold any number.
    """

    supply: pl.DataFrame
    ways: pl.DataFrame
    steps: pl.DataFrame
    lanes: pl.DataFrame
    room: pl.DataFrame


@dataclass(frozen=True)
class Program:
    """Minimise `cost` x with `limits` x <= `most`, `balance` x = 0, 0 <= x <= `upper`: ways first, then steps."""

    cost: Floats
    limits: coo_matrix
    most: Floats
    balance: coo_matrix
    upper: Floats
    ways: int


def program(task: Task, ways: pl.DataFrame, room: pl.DataFrame | None) -> Program:
    """The program of these ways; locations hold any number where `room` is None."""
    ends = ways.with_row_index("way")
    steps = task.steps.join(ways, on=["to_location", "sku"], how="semi").sort("to_location", "sku", "step")
    steps = steps.with_row_index("column").with_columns(pl.col("column").cast(pl.Int64) + ways.height)
    columns = ways.height + steps.height
    supply_limits = [
        _supply_limit(ends, task.supply, "units"),
        _supply_limit(ends.filter("outside"), task.supply, "units_outside"),
    ]
    rows, cells, most = _stacked([*supply_limits, *([] if room is None else [_room_limit(ends, room)])])
    receivers = ways.select("to_location", "sku").unique().sort("to_location", "sku").with_row_index("row")
    into, used = (part.join(receivers, on=["to_location", "sku"]) for part in (ends, steps))
    signs = np.concatenate([np.ones(into.height), -np.ones(used.height)])
    at = np.concatenate([into["row"].to_numpy(), used["row"].to_numpy()])
    column = np.concatenate([into["way"].to_numpy().astype(np.int64), used["column"].to_numpy()])
    return Program(
        np.concatenate([ways["cost"].to_numpy(), -steps["worth"].to_numpy()]),
        coo_matrix((np.ones(len(rows)), (rows, cells)), shape=(len(most), columns)),
        most,
        coo_matrix((signs, (at, column)), shape=(receivers.height, columns)),
        np.concatenate([ways["most"].to_numpy(), steps["units"].to_numpy()]).astype(float),
        ways.height,
    )


def linear(problem: Program) -> tuple[Floats, float]:
    """Units by way that maximise worth less cost, and the maximum. Raise `Refused` where HiGHS finds no answer."""
    if not problem.ways:
        return np.zeros(0), 0.0
    solution = linprog(
        problem.cost,
        A_ub=problem.limits,
        b_ub=problem.most,
        A_eq=problem.balance,
        b_eq=np.zeros(problem.balance.shape[0]),
        bounds=np.column_stack([np.zeros(len(problem.upper)), problem.upper]),
        method="highs",
    )
    if solution.x is None:
        raise Refused(
            message(
                "No transfers could be planned: the solver says “{message}”. Narrow the filters.",
                message=solution.message,
            )
        )
    # Whole numbers come out as 6.9999999; a part of a unit, where room is shared, stays where it is.
    return np.floor(solution.x[: problem.ways] + _EPSILON), -float(solution.fun)


Limit = tuple[Ints, Ints, Floats]
"""Rows, columns of entries 1, and the right-hand side by row."""


def _supply_limit(ends: pl.DataFrame, supply: pl.DataFrame, units: str) -> Limit:
    """What leaves a place of a SKU is at most what it can give."""
    places = ends.select("from_location", "sku").unique().sort("from_location", "sku").with_row_index("row")
    limits = places.join(supply, on=["from_location", "sku"], how="left", maintain_order="left")
    joined = ends.join(places, on=["from_location", "sku"])
    return joined["row"].to_numpy(), joined["way"].to_numpy(), limits[units].to_numpy().astype(float)


def _room_limit(ends: pl.DataFrame, room: pl.DataFrame) -> Limit:
    """What arrives at a place, of all SKUs, is at most what it has room for."""
    places = ends.select("to_location").unique().sort("to_location").join(room, on="to_location").sort("to_location")
    places = places.with_row_index("row")
    joined = ends.join(places.select("to_location", "row"), on="to_location")
    return joined["row"].to_numpy(), joined["way"].to_numpy(), places["units"].to_numpy().astype(float)


def _stacked(limits: list[Limit]) -> Limit:
    rows, columns, most, first = [], [], [], 0
    for row, column, right in limits:
        rows.append(row.astype(np.int64) + first)
        columns.append(column.astype(np.int64))
        most.append(right)
        first += len(right)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(most)
