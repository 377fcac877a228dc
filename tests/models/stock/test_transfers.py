"""The transfer program against independent optima: a shortest-path flow, a brute force, and a unit-by-unit program."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]

from shopkeeper.models.stock import transfers
from shopkeeper.models.stock.transfer_program import Task
from shopkeeper.models.stock.transfers import TransferPlan, plan
from tests.examples import FEWER

Way = tuple[str, str, str]
"""From, to, SKU."""
Given = dict[str, Any]
"""Arguments of `task`."""


def task(
    supply: Mapping[tuple[str, str], int],
    ways: Mapping[Way, tuple[float, int]],
    steps: Mapping[tuple[str, str], list[tuple[int, float]]],
    minimum: Mapping[tuple[str, str], int] | None = None,
    room: Mapping[str, int] | None = None,
    outside: Mapping[tuple[str, str], tuple[int, set[str]]] | None = None,
) -> Task:
    """`ways` give (cost, most), `steps` (units, worth) from the first on; `outside` what a place gives to whom."""
    outside = outside or {}
    return Task(
        pl.DataFrame(
            [(at, sku, units, outside.get((at, sku), (units, set()))[0]) for (at, sku), units in supply.items()],
            schema={"from_location": pl.String, "sku": pl.String, "units": pl.Int64, "units_outside": pl.Int64},
            orient="row",
        ),
        pl.DataFrame(
            [
                (start, end, sku, cost, most, end in outside.get((start, sku), (0, set()))[1])
                for (start, end, sku), (cost, most) in ways.items()
            ],
            schema={"from_location": pl.String, "to_location": pl.String, "sku": pl.String, "cost": pl.Float64,
                    "most": pl.Int64, "outside": pl.Boolean},
            orient="row",
        ),
        pl.DataFrame(
            [(at, sku, number, *step) for (at, sku), result in steps.items() for number, step in enumerate(result)],
            schema={"to_location": pl.String, "sku": pl.String, "step": pl.Int64, "units": pl.Int64,
                    "worth": pl.Float64},
            orient="row",
        ),
        pl.DataFrame(
            [(*lane, units) for lane, units in (minimum or {}).items()],
            schema={"from_location": pl.String, "to_location": pl.String, "minimum": pl.Int64}, orient="row",
        ),
        pl.DataFrame(
            list((room or {}).items()), schema={"to_location": pl.String, "units": pl.Int64}, orient="row"
        ),
    )  # fmt: skip


def moved(plan: TransferPlan) -> dict[Way, int]:
    rows = plan.moves.select("from_location", "to_location", "sku", "units").rows()
    return {(start, end, sku): units for start, end, sku, units in rows}


SOURCES, PLACES, SKUS = ("S1", "S2", "S3"), ("R1", "R2", "R3"), ("A", "B")
small = st.integers(0, 4)
money = st.integers(0, 12).map(lambda tenths: tenths / 2)


@st.composite
def networks(draw: st.DrawFn, skus: tuple[str, ...] = SKUS) -> Given:
    """Up to three sources, three receivers, some ways between them, and needs whose worth falls."""
    supply = {(at, sku): draw(small) for at in SOURCES for sku in skus}
    pairs = draw(st.sets(st.sampled_from(list(product(SOURCES, PLACES))), min_size=1, max_size=6))
    ways = {(start, end, sku): (draw(money), draw(st.integers(1, 6))) for start, end in sorted(pairs) for sku in skus}
    steps = {}
    for at, sku in product(PLACES, skus):
        worths = sorted({draw(money) for _ in range(draw(st.integers(0, 3)))}, reverse=True)
        steps[at, sku] = [(draw(st.integers(1, 3)), worth) for worth in worths if worth > 0]
    return {"supply": supply, "ways": ways, "steps": steps}


def arcs_of(supply: Any, ways: Any, steps: Any, sku: str) -> tuple[list[list[float]], int]:
    """Arcs (start, end, room, cost), each followed by its reverse; node 0 is the start, 1 the end."""
    names: dict[object, int] = {"start": 0, "end": 1}
    result: list[tuple[object, object, int, float]] = []
    result += [("start", ("s", at), units, 0.0) for (at, own), units in supply.items() if own == sku]
    result += [(("s", start), ("r", end), most, cost) for (start, end, own), (cost, most) in ways.items() if own == sku]
    result += [(("r", at), "end", units, -worth) for (at, own), few in steps.items() if own == sku
              for units, worth in few]  # fmt: skip
    arcs: list[list[float]] = []
    for start, end, room, cost in result:
        first, last = (names.setdefault(name, len(names)) for name in (start, end))
        arcs += [[first, last, room, cost], [last, first, 0, -cost]]
    return arcs, len(names)


def cheapest_path(arcs: list[list[float]], nodes: int) -> tuple[float, list[int]]:
    """Cost and arcs of the cheapest path by Bellman and Ford."""
    far, by = [0.0] + [float("inf")] * (nodes - 1), [-1] * nodes
    for _ in range(nodes):
        for number, (start, end, room, cost) in enumerate(arcs):
            if room > 0 and far[int(start)] + cost < far[int(end)] - 1e-9:
                far[int(end)], by[int(end)] = far[int(start)] + cost, number
    path, at = [], 1
    while far[1] < 0 and at != 0:
        path.append(by[at])
        at = int(arcs[by[at]][0])
    return far[1], path


def shortest_path_flow(supply: Any, ways: Any, steps: Any) -> float:
    """The best gain by successive cheapest paths, a unit at a time, on residual arcs."""
    gain = 0.0
    for sku in {key[1] for key in supply} | {key[2] for key in ways}:
        arcs, nodes = arcs_of(supply, ways, steps, sku)
        cost, path = cheapest_path(arcs, nodes)
        while cost < -1e-9:
            for number in path:
                arcs[number][2] -= 1
                arcs[number ^ 1][2] += 1
            gain -= cost
            cost, path = cheapest_path(arcs, nodes)
    return gain


@given(networks())
def test_the_plan_earns_what_the_cheapest_flow_earns(network: Given) -> None:
    result = plan(task(**network))
    assert result.gain == pytest.approx(shortest_path_flow(**network), abs=1e-6)
    assert result.bound == pytest.approx(result.gain, abs=1e-6)


@given(networks())
def test_nobody_gives_more_than_he_can_and_nobody_gets_more_than_he_needs(network: Given) -> None:
    result = moved(plan(task(**network)))
    for at, sku in network["supply"]:
        given_away = sum(units for (start, _, own), units in result.items() if (start, own) == (at, sku))
        assert given_away <= network["supply"][at, sku]
    for at, sku in network["steps"]:
        got = sum(units for (_, end, own), units in result.items() if (end, own) == (at, sku))
        assert got <= sum(units for units, _worth in network["steps"][at, sku])
    for way, units in result.items():
        assert 0 < units <= network["ways"][way][1]


def unit_by_unit(supply: Any, ways: Any, steps: Any, minimum: Any, room: Any) -> float:
    """Another formulation: a yes or no for each unit of each step on each way, and for each lane."""
    columns = [
        (way, step) for way in ways for step in range(len(steps.get(way[1:], [])))
        for _unit in range(min(ways[way][1], steps[way[1:]][step][0]))
    ]  # fmt: skip
    lanes = sorted(minimum)
    size = len(columns) + len(lanes)
    if not columns:
        return 0.0
    rows, low, high = [], [], []

    def limit(row: np.ndarray, least: float, most: float) -> None:
        rows.append(row)
        low.append(least)
        high.append(most)

    def where(holds: Any) -> np.ndarray:
        row = np.zeros(size)
        row[: len(columns)] = [float(holds(way, step)) for way, step in columns]
        return row

    for key, units in supply.items():
        limit(where(lambda way, _step, key=key: (way[0], way[2]) == key), -np.inf, units)
    for way, (_cost, most) in ways.items():
        limit(where(lambda other, _step, way=way: other == way), -np.inf, most)
    for key, result in steps.items():
        for step, (units, _worth) in enumerate(result):
            limit(where(lambda way, own, key=key, step=step: (way[1:], own) == (key, step)), -np.inf, units)
    for at, units in room.items():
        limit(where(lambda way, _step, at=at: way[1] == at), -np.inf, units)
    for number, lane in enumerate(lanes):
        least = where(lambda way, _step, lane=lane: way[:2] == lane)
        most = least.copy()
        least[len(columns) + number] = -minimum[lane]
        most[len(columns) + number] = -1000
        limit(least, 0, np.inf)
        limit(most, -np.inf, 0)
    worth = [steps[way[1:]][step][1] - ways[way][0] for way, step in columns]
    result = milp(
        -np.array([*worth, *([0.0] * len(lanes))]), constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(0, 1), integrality=np.ones(size),
    )  # fmt: skip
    return -float(result.fun)


@given(networks(), st.dictionaries(st.sampled_from(PLACES), st.integers(0, 5)))
def test_with_shared_room_the_plan_loses_no_more_than_rounding_down_may_cost(
    network: Given, room: dict[str, int]
) -> None:
    """Room couples SKUs, so an optimum may split units; none may then be moved in part."""
    result = plan(task(**network, room=room))
    best = unit_by_unit(**network, minimum={}, room=room)
    for at, most in room.items():
        assert sum(units for (_, end, _sku), units in moved(result).items() if end == at) <= most
    assert result.gain <= best + 1e-6
    assert result.bound >= best - 1e-6
    assert result.gain >= best - len(room) * 6.0 - 1e-6


@given(networks(), st.data())
def test_with_minimums_the_search_finds_the_optimum_of_another_program(network: Given, data: st.DataObject) -> None:
    lanes = sorted({way[:2] for way in network["ways"]})
    minimum = {lane: data.draw(st.integers(0, 5)) for lane in lanes}
    result = plan(task(**network, minimum=minimum))
    for lane in lanes:
        total = sum(units for way, units in moved(result).items() if way[:2] == lane)
        assert total == 0 or total >= minimum[lane]
    best = unit_by_unit(**network, minimum=minimum, room={})
    assert result.gain == pytest.approx(best, abs=1e-3)
    assert result.bound >= best - 1e-3


@FEWER
@given(networks(), st.data())
def test_the_heuristic_alone_keeps_every_rule_and_never_beats_the_bound(network: Given, data: st.DataObject) -> None:
    lanes = sorted({way[:2] for way in network["ways"]})
    minimum = {lane: data.draw(st.integers(0, 5)) for lane in lanes}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfers, "LARGEST_SEARCH", 0)
        result = plan(task(**network, minimum=minimum))
    for lane in lanes:
        total = sum(units for way, units in moved(result).items() if way[:2] == lane)
        assert total == 0 or total >= minimum[lane]
    assert result.gain <= unit_by_unit(**network, minimum=minimum, room={}) + 1e-6
    assert result.gain <= result.bound + 1e-6


def test_the_dearest_need_is_served_first_and_a_move_that_costs_more_than_it_saves_is_not_made() -> None:
    result = plan(
        task(
            {("S", "A"): 5},
            {("S", "near", "A"): (1.0, 9), ("S", "far", "A"): (6.0, 9)},
            {("near", "A"): [(2, 10.0), (2, 3.0)], ("far", "A"): [(2, 8.0), (4, 5.0)]},
        )
    )
    assert moved(result) == {("S", "near", "A"): 3, ("S", "far", "A"): 2} or result.gain == pytest.approx(
        2 * 9 + 2 * 2 + 2
    )
    assert result.gain == pytest.approx(18 + 2 * 2 + 1 * 2)
    assert (result.moves["worth"] - result.moves["cost"]).sum() == pytest.approx(result.gain)


def test_what_those_supplied_need_is_not_given_to_others() -> None:
    result = plan(
        task(
            {("W1", "A"): 6},
            {("W1", "W2", "A"): (0.0, 9), ("W1", "store", "A"): (0.0, 9)},
            {("W2", "A"): [(6, 10.0)], ("store", "A"): [(6, 2.0)]},
            outside={("W1", "A"): (2, {"W2"})},
        )
    )
    assert moved(result) == {("W1", "W2", "A"): 2, ("W1", "store", "A"): 4}


def test_a_lane_moves_its_minimum_or_nothing_and_is_named() -> None:
    network: Given = {
        "supply": {("S", "A"): 9, ("T", "A"): 9},
        "ways": {("S", "R", "A"): (1.0, 9), ("T", "R", "A"): (2.0, 9)},
        "steps": {("R", "A"): [(3, 10.0)]},
    }
    assert moved(plan(task(**network))) == {("S", "R", "A"): 3}
    result = plan(task(**network, minimum={("S", "R"): 4}))
    assert moved(result) == {("T", "R", "A"): 3}
    assert result.closed == (("S", "R"),)
    nothing = plan(task(**network, minimum={("S", "R"): 4, ("T", "R"): 4}))
    assert nothing.moves.is_empty()
    assert nothing.gain == 0


def test_a_full_place_is_named() -> None:
    result = plan(
        task({("S", "A"): 9, ("S", "B"): 9}, {("S", "R", "A"): (0.0, 9), ("S", "R", "B"): (0.0, 9)},
             {("R", "A"): [(4, 3.0)], ("R", "B"): [(4, 2.0)]}, room={"R": 5})
    )  # fmt: skip
    assert moved(result) == {("S", "R", "A"): 4, ("S", "R", "B"): 1}
    assert result.full == ("R",)


@pytest.mark.parametrize("missing", ["supply", "ways", "steps"])
def test_nothing_to_give_no_way_or_nobody_short_moves_nothing(missing: str) -> None:
    network: Given = {
        "supply": {("S", "A"): 9}, "ways": {("S", "R", "A"): (1.0, 9)}, "steps": {("R", "A"): [(3, 10.0)]},
    }  # fmt: skip
    result = plan(task(**(network | {missing: {}})))
    assert result.moves.is_empty()
    assert (result.gain, result.bound, result.closed, result.full) == (0.0, 0.0, (), ())


def test_many_skus_are_solved_apart_and_together_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(7)
    skus = [f"K{number:03d}" for number in range(30)]
    network: Given = {
        "supply": {(at, sku): int(generator.integers(0, 9)) for at in SOURCES for sku in skus},
        "ways": {
            (start, end, sku): (float(generator.uniform(0, 2)), 9) for start, end in product(SOURCES, PLACES)
            for sku in skus
        },
        "steps": {
            (at, sku): [(3, float(generator.uniform(3, 6))), (3, float(generator.uniform(0, 3)))]
            for at in PLACES for sku in skus
        },
    }  # fmt: skip
    whole = plan(task(**network))
    monkeypatch.setattr(transfers, "SKUS_AT_ONCE", 4)
    apart = plan(task(**network))
    assert whole.gain > 0
    assert apart.gain == pytest.approx(whole.gain)
