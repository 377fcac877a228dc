"""Placement: what is given out is the best there is, by brute force and by an independent linear program."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats
from shopkeeper.models.stock.placement import Flow, add_source, place, tiers


def dense(flow: Flow, items: int, value: Floats) -> Floats:
    return flow.by_item(np.arange(items), *value.shape)


def worth(units: Floats, value: Floats) -> float:
    return float((units * np.where(np.isfinite(value), value, 0.0)).sum())


def by_program(supply: Floats, demand: Floats, value: Floats) -> float:
    """The best sum for one item, by HiGHS."""
    sources, sinks = value.shape
    rows = np.zeros((sources + sinks, sources * sinks))
    for source in range(sources):
        rows[source, source * sinks : (source + 1) * sinks] = 1
    for sink in range(sinks):
        rows[sources + sink, sink::sinks] = 1
    open_ = np.isfinite(value).ravel()
    result = linprog(
        -np.where(open_, value.ravel(), 0.0), A_ub=rows, b_ub=np.concatenate([supply, demand]),
        bounds=[(0, None if there else 0) for there in open_],
    )  # fmt: skip
    return -float(result.fun)


def by_force(supply: NDArray[np.int64], demand: NDArray[np.int64], near: NDArray[np.bool_]) -> int:
    """Most near units of one item: every way to give out whole units by the near lanes."""
    lanes = np.argwhere(near)
    most = 0
    for units in product(*(range(min(supply[a], demand[b]) + 1) for a, b in lanes)):
        given_ = np.zeros(near.shape, dtype=int)
        for (a, b), n in zip(lanes, units, strict=True):
            given_[a, b] = n
        if (given_.sum(axis=1) <= supply).all() and (given_.sum(axis=0) <= demand).all():
            most = max(most, int(given_.sum()))
    return most


def test_two_regions_share_what_one_warehouse_has_and_the_store_takes_the_rest() -> None:
    lead = np.array([[1.0, 1.0], [1.0, np.inf]])
    value = tiers(lead <= 2, lead, np.array([[5.0, 5.0], [1.0, 0.0]]), 10)
    flow = dense(place(np.array([[4.0, 3.0]]), np.array([[3.0, 4.0]]), value), 1, value)[0]
    assert flow.tolist() == [[0.0, 4.0], [3.0, 0.0]]


def test_near_comes_before_cheap_and_served_before_cheap() -> None:
    lead, cost = np.array([[1.0, 5.0], [5.0, 9.0]]), np.array([[9.0, 0.0], [0.0, 9.0]])
    value = tiers(lead <= 2, lead, cost, 10)
    flow = dense(place(np.array([[2.0, 2.0]]), np.array([[2.0, 2.0]]), value), 1, value)[0]
    assert flow.tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_nothing_to_give_and_nobody_to_ask_is_no_flow() -> None:
    value = tiers(np.ones((2, 3), dtype=bool), np.ones((2, 3)), np.zeros((2, 3)), 1)
    for supply, demand in ((np.zeros((4, 2)), np.ones((4, 3))), (np.ones((4, 2)), np.zeros((4, 3)))):
        assert not len(place(supply, demand, value).units)


@given(st.integers(0, 2**32 - 1))
def test_near_units_are_the_most_that_any_way_to_give_out_whole_units_reaches(seed: int) -> None:
    draw = np.random.default_rng(seed)
    sources, sinks = draw.integers(1, 4), draw.integers(1, 4)
    lead = np.where(draw.random((sources, sinks)) < 0.8, draw.integers(1, 5, (sources, sinks)), np.inf)
    supply, demand = draw.integers(0, 3, (3, sources)), draw.integers(0, 3, (3, sinks))
    value = tiers(lead <= 2, lead, draw.integers(0, 9, lead.shape).astype(float), 10)
    flow = dense(place(supply.astype(float), demand.astype(float), value), 3, value)
    for item in range(3):
        assert round(float(flow[item][lead <= 2].sum()), 6) == by_force(supply[item], demand[item], lead <= 2)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_sum_is_that_of_an_independent_program_with_and_without_one_more_source(seed: int, whole: bool) -> None:
    draw = np.random.default_rng(seed)
    sources, sinks, items = int(draw.integers(1, 7)), int(draw.integers(1, 6)), 4
    value = np.where(draw.random((sources + 1, sinks)) < 0.75, draw.normal(2, 3, (sources + 1, sinks)), -np.inf)
    size = 1.0 if whole else 0.37
    supply = draw.integers(0, 6, (items, sources + 1)).astype(np.float64) * size
    demand = draw.integers(0, 6, (items, sinks)).astype(np.float64) * (1.0 if whole else 0.71)
    first = place(supply[:, :-1], demand, value[:-1])
    then = add_source(first, supply[:, :-1], demand, value[:-1], supply[:, -1], value[-1])
    for flow, rows in ((first, slice(0, sources)), (then, slice(0, sources + 1))):
        units = dense(flow, items, value[rows])
        assert (units >= 0).all()
        assert (units.sum(axis=2) <= supply[:, rows] + 1e-9).all()
        assert (units.sum(axis=1) <= demand + 1e-9).all()
        for item in range(items):
            best = by_program(supply[item, rows], demand[item], value[rows])
            assert abs(worth(units[item], value[rows]) - best) < 1e-5


def test_progress_ends_with_all() -> None:
    shares: list[float] = []
    value = tiers(np.ones((1, 1), dtype=bool), np.ones((1, 1)), np.zeros((1, 1)), 1)
    place(np.ones((600, 1)), np.ones((600, 1)), value, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
