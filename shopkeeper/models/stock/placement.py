"""Who serves whom: for each item the best way from stock to demand, exactly, for thousands of items at once.

For every item a transportation problem is solved: no place gives more than it has, no region gets more than it asks
for, and the sum of value times units is the greatest there can be. Regions are served one after the other along the
way that adds most value, which may rearrange what was given out before (successive shortest paths: Jewell 1958; Ahuja,
Magnanti & Orlin 1993, ch. 9.7). Items do not compete, so that each step is taken for a whole block of them together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints

BLOCK = 256
"""Items at once: large enough to hide Python's own time, small enough for the processor's cache."""
LEAST = 1e-9
"""Units below this are none."""
GAIN = 1e-7
"""Value per unit below this is none."""
SLOWER = 1e-4
"""What a day more counts beside cost: it only decides between lanes that cost the same."""
LONGEST = 365.0
"""Days that no lane takes more of."""


@dataclass(frozen=True)
class Flow:
    """Units by item, source and sink: equally long arrays of positions and of units above 0."""

    item: Ints
    source: Ints
    sink: Ints
    units: Floats

    def by_item(self, items: Ints, sources: int, sinks: int) -> Floats:
        """Units of these items as an array items x sources x sinks."""
        position = np.full(int(max(self.item.max(initial=-1), items.max(initial=-1))) + 1, -1)
        position[items] = np.arange(len(items))
        row = position[self.item]
        listed = row >= 0
        dense = np.zeros((len(items), sources, sinks))
        dense[row[listed], self.source[listed], self.sink[listed]] = self.units[listed]
        return dense


def tiers(first: Flags, lead: Floats, cost: Floats, dearest: float) -> Floats:
    """What a unit by each lane (sources x sinks) is worth, so that the best sum is best in this order.

    Most units by the lanes that `first` marks, then most units at all, then the least cost, then the fewest days. A
    lane of infinite `lead` is none: its value is -inf. `cost` is from 0 to `dearest` wherever there is a lane. Tables
    of equally many sinks and the same `dearest` go together.
    """
    lanes = np.isfinite(lead)
    spent = np.where(lanes, cost, 0.0) + SLOWER * np.where(lanes, lead, 0.0)
    # A rearrangement goes through each sink once at most, so that lesser differences never outweigh a greater one.
    steps = 2.0 * (lead.shape[1] + 1)
    served = steps * (1.0 + dearest + SLOWER * LONGEST)
    near = steps * 2.0 * served
    return np.asarray(np.where(lanes, served + near * (first & lanes) - spent, -np.inf))


def place(supply: Floats, demand: Floats, value: Floats, progress: Callable[[float], None] | None = None) -> Flow:
    """Serve `demand` (items x sinks) from `supply` (items x sources), both in units and not below 0, for most value.

    `value` (sources x sinks) is what a unit brings, -inf where there is no way; what brings nothing is not moved.
    `progress` hears the share that is done.
    """
    busy = np.flatnonzero((supply > LEAST).any(axis=1) & (demand > LEAST).any(axis=1))
    # Items alike in size share a block, so that few places in it are idle.
    size = (supply[busy] > LEAST).sum(axis=1) * 1000 + (demand[busy] > LEAST).sum(axis=1)
    busy = busy[np.argsort(size, kind="stable")]
    parts = []
    for start in range(0, len(busy), BLOCK):
        items = busy[start : start + BLOCK]
        parts.append(_block_flow(items, supply[items], demand[items], value))
        if progress:
            progress(min(1.0, (start + BLOCK) / len(busy)))
    return joined(parts)


def add_source(flow: Flow, supply: Floats, demand: Floats, value: Floats, extra: Floats, lanes: Floats) -> Flow:
    """The best flow once one more source has `extra` (units by item) and `lanes` (value by sink).

    `flow` is the best one for `supply`, `demand` and `value` (as in `place`); the new source comes after the others.
    """
    touched = np.flatnonzero((extra > LEAST) & (demand[:, np.isfinite(lanes)] > LEAST).any(axis=1))
    changed = np.isin(flow.item, touched)
    parts = [Flow(flow.item[~changed], flow.source[~changed], flow.sink[~changed], flow.units[~changed])]
    for start in range(0, len(touched), BLOCK):
        items = touched[start : start + BLOCK]
        parts.append(_widened(flow, items, np.hstack([supply, extra[:, None]])[items], demand[items], value, lanes))
    return joined(parts)


def _widened(flow: Flow, items: Ints, supply: Floats, demand: Floats, value: Floats, lanes: Floats) -> Flow:
    """One block of `add_source`; the new source is the last of `supply`."""
    sources, sinks = len(value), len(lanes)
    in_supply = supply[:, :sources] > LEAST
    own = np.argsort(~in_supply, axis=1, kind="stable")[:, : int(in_supply.sum(axis=1).max())]
    source = np.hstack([own, np.full((len(items), 1), sources)])
    units = np.take_along_axis(flow.by_item(items, sources + 1, sinks), source[:, :, None], 1)
    left = np.take_along_axis(supply, source, 1) - units.sum(axis=2)
    done = np.ones(left.shape, dtype=bool)
    done[:, -1] = False
    # Seen from the other end, a new source is one more sink that wants to be rid of its units.
    turned = np.vstack([value, lanes])[source].transpose(0, 2, 1)
    _serve(units.transpose(0, 2, 1), demand - units.sum(axis=1), left, turned, done)
    return _sparse(items, units, source, None)


def joined(parts: list[Flow]) -> Flow:
    """All of these flows as one."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Flow(none, none, none, np.zeros(0))
    return Flow(
        np.concatenate([part.item for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.sink for part in parts]),
        np.concatenate([part.units for part in parts]),
    )


def _block_flow(items: Ints, supply: Floats, demand: Floats, value: Floats) -> Flow:
    """One block: only the sources and sinks that some item of it has, each item's own first."""
    source = np.argsort(supply <= LEAST, axis=1, kind="stable")[:, : int((supply > LEAST).sum(axis=1).max())]
    sink = np.argsort(demand <= LEAST, axis=1, kind="stable")[:, : int((demand > LEAST).sum(axis=1).max())]
    left, want = np.take_along_axis(supply, source, 1), np.take_along_axis(demand, sink, 1)
    own = value[source[:, :, None], sink[:, None, :]]
    units = np.zeros(own.shape)
    _serve(units, left, want, own, want <= LEAST)
    return _sparse(items, units, source, sink)


def _sparse(items: Ints, units: Floats, source: Ints | None, sink: Ints | None) -> Flow:
    row, a, b = np.nonzero(units > LEAST)
    return Flow(
        items[row], a if source is None else source[row, a], b if sink is None else sink[row, b], units[row, a, b]
    )


def _serve(flow: Floats, left: Floats, want: Floats, value: Floats, done: Flags) -> None:
    """Serve sinks that are not `done` until no way adds value; changes `flow`, `left`, `want` and `done` in place.

    Shapes: flow and value items x sources x sinks, left items x sources, want and done items x sinks. The flow given
    is the best one without the sinks still to be served; each step keeps it so.
    """
    # What one unit more at a source would add (its dual), never more than that: no way to a sink adds more than
    # value less price, so that a lane which reaches this needs no search.
    price = np.zeros(left.shape)
    while True:
        rows = np.flatnonzero(~done.all(axis=1))
        if not len(rows):
            return
        sink = np.argmin(done[rows], axis=1)
        worth = value[rows, :, sink]
        most = (worth - price[rows]).max(axis=1)
        own = np.where(left[rows] > LEAST, worth, -np.inf)
        best = np.argmax(own, axis=1)
        added = own[np.arange(len(rows)), best]
        direct = (added > GAIN) & (added >= most - GAIN)
        _directly(flow, left, want, rows[direct], best[direct], sink[direct])
        others = ~direct & (most > GAIN)
        if others.any():
            _around(flow, left, want, value, done, price, rows[others], sink[others])
        done[rows, sink] |= (want[rows, sink] <= LEAST) | (most <= GAIN)


def _directly(flow: Floats, left: Floats, want: Floats, rows: Ints, source: Ints, sink: Ints) -> None:
    amount = np.minimum(left[rows, source], want[rows, sink])
    flow[rows, source, sink] += amount
    left[rows, source] -= amount
    want[rows, sink] -= amount


def _around(
    flow: Floats, left: Floats, want: Floats, value: Floats, done: Flags, price: Floats, rows: Ints, target: Ints
) -> None:
    """Send units to each row's target along the way that adds most, or mark the target done where none adds any."""
    ways = _search(flow[rows], value[rows], target)
    every = np.arange(len(rows))
    with_goods = np.where(left[rows] > LEAST, ways.source_gain, -np.inf)
    source = np.argmax(with_goods, axis=1)
    taken = ways.sink_gain.copy()
    taken[every, target] = -np.inf
    sink = np.argmax(taken, axis=1)
    # Otherwise units are taken from another sink that they are worth less at.
    steals = taken[every, sink] > with_goods[every, source] + GAIN
    gain = np.maximum(with_goods[every, source], taken[every, sink])
    price[rows] = np.maximum(price[rows], ways.source_gain - np.maximum(gain, 0.0)[:, None])
    good = gain > GAIN
    done[rows[~good], target[~good]] = True
    chosen = np.flatnonzero(good)
    if len(chosen):
        start = np.where(steals, sink, source)[chosen]
        _send(flow, left, want, done, rows[chosen], target[chosen], start, steals[chosen], ways.only(chosen))


@dataclass(frozen=True)
class _Ways:
    """The best ways to one sink per row: what a unit at each source and sink adds there, and where it goes next."""

    source_gain: Floats
    sink_gain: Floats
    to_sink: Ints
    to_source: Ints

    def only(self, rows: Ints) -> "_Ways":
        return _Ways(self.source_gain[rows], self.sink_gain[rows], self.to_sink[rows], self.to_source[rows])


def _search(flow: Floats, value: Floats, target: Ints) -> _Ways:
    """Bellman and Ford, from the target backwards: a sink may pass on what a source gives it, at the loss of that."""
    every = np.arange(len(target))
    source_gain = value[every, :, target].copy()
    to_sink = np.repeat(target[:, None], value.shape[1], axis=1)
    sink_gain = np.full((len(target), value.shape[2]), -np.inf)
    sink_gain[every, target] = 0.0
    to_source = np.zeros(sink_gain.shape, dtype=np.int64)
    back = np.where(flow > LEAST, -value, -np.inf)
    active = every
    while len(active):
        ways = back + source_gain[active][:, :, None]
        better = _improve(ways, 1, sink_gain, to_source, active)
        active, back, value = active[better], back[better], value[better]
        ways = value + sink_gain[active][:, None, :]
        better = _improve(ways, 2, source_gain, to_sink, active)
        active, back, value = active[better], back[better], value[better]
    return _Ways(source_gain, sink_gain, to_sink, to_source)


def _improve(ways: Floats, axis: int, gain: Floats, step: Ints, active: Ints) -> Flags:
    """Take the best of `ways` along the axis where it adds to `gain`; say which of the active rows got better."""
    best = ways.max(axis=axis)
    better = best > gain[active] + GAIN
    row, place = np.nonzero(better)
    gain[active[row], place] = best[row, place]
    chosen = ways[row, :, place] if axis == 1 else ways[row, place, :]
    step[active[row], place] = chosen.argmax(axis=1)
    return np.asarray(better.any(axis=1))


def _send(
    flow: Floats,
    left: Floats,
    want: Floats,
    done: Flags,
    rows: Ints,
    target: Ints,
    start: Ints,
    steals: Flags,
    ways: _Ways,
) -> None:
    """Follow each row's way from its start to its target, and move as much as the narrowest step of it lets through."""
    every = np.arange(len(rows))
    amount = np.where(steals, np.inf, left[rows, np.where(steals, 0, start)])
    amount = np.minimum(amount, want[rows, target])
    steps: list[tuple[Ints, Ints, Ints, float]] = []
    at_source, at_sink, walking = np.where(steals, -1, start), np.where(steals, start, -1), every
    for _ in range(2 * sum(flow.shape[1:]) + 2):
        backwards = walking[at_source[walking] < 0]
        source, sink = ways.to_source[backwards, at_sink[backwards]], at_sink[backwards]
        amount[backwards] = np.minimum(amount[backwards], flow[rows[backwards], source, sink])
        steps.append((backwards, source, sink, -1.0))
        at_source[backwards] = source
        source = at_source[walking]
        sink = ways.to_sink[walking, source]
        steps.append((walking, source, sink, 1.0))
        at_sink[walking], at_source[walking] = sink, -1
        walking = walking[sink != target[walking]]
        if not len(walking):
            break
    else:
        raise RuntimeError("a way to serve a region goes round in circles")
    for which, source, sink, sign in steps:
        flow[rows[which], source, sink] += sign * amount[which]
    want[rows, target] -= amount
    np.subtract.at(left, (rows[~steals], start[~steals]), amount[~steals])
    np.add.at(want, (rows[steals], start[steals]), amount[steals])
    done[rows[steals], start[steals]] = True
