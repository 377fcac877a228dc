"""Stock, day by day: a reorder policy with lead times, late suppliers, two echelons, and shelves that run empty."""

from dataclasses import dataclass, field

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample.calendar import DATES, DAYS, EVENTS
from shopkeeper.sample.catalogue import STAPLES, SUPPLIERS
from shopkeeper.sample.orders import World
from shopkeeper.sample.places import STORE, WAREHOUSE

SNAPSHOT_DAYS = 400
INBOUND_DAYS = 400
NONE = -1
_SMOOTHING = 1 / 45
_SERVICE_FACTOR = 1.0
_SUPPLIER_CYCLE, _MOVE_CYCLE = 33.0, 14.0  # days of demand that an order should last
_REVIEW = 7  # a location looks at its shelves once a week
_EVENT_LIFT = 0.8  # the merchant plans for less than an event brings
_HORIZON = 200  # no delivery takes longer
_OUTAGES_A_YEAR = 2.8
LATE_SUPPLIER, LATE_FACTOR = 4, 1.6


@dataclass(frozen=True)
class Deliveries:
    """Arrays over delivery lines; days are shop day numbers and may lie beyond the last day."""

    ordered: Ints
    due: Ints
    received: Ints
    location: Ints
    sku: Ints
    units: Ints
    source: Ints  # location it comes from, NONE for a supplier


@dataclass(frozen=True)
class StockHistory:
    """What happened to the carried cells. `filled` is day x location x SKU; `on_hand` covers the last SNAPSHOT_DAYS."""

    filled: Ints
    on_hand: Ints
    deliveries: Deliveries
    most: Ints  # by location: the most that lay there


@dataclass
class _Shelves:
    """The simulation's state: arrays location x SKU, and a ring of arrivals by day."""

    on_hand: Ints
    on_order: Ints
    rate: Floats
    arrivals: Ints
    log: list[tuple[Ints, ...]] = field(default_factory=list)

    def order(self, today: int, cells: tuple[Ints, ...], units: Ints, due: Ints, arrival: Ints, source: Ints) -> None:
        arrival = np.minimum(arrival, today + _HORIZON - 1)
        self.arrivals[(arrival % _HORIZON, *cells)] += units
        self.on_order[cells] += units
        self.log.append((np.full(len(units), today), due, arrival, *cells, units, source))

    def receive_now(self, today: int, ordered: int, cells: tuple[Ints, ...], units: Ints) -> None:
        self.on_hand[cells] += units
        same = np.full(len(units), today)
        self.log.append((np.full(len(units), ordered), same, same, *cells, units, np.full(len(units), NONE)))


def carried(world: World) -> Flags:
    """Location x SKU: what each location keeps."""
    kept = world.goods.ranges[world.where.kind].copy()
    kept[np.ix_(~world.where.reports, STAPLES)] = False
    return kept


def _arrival_days(rng: np.random.Generator) -> Ints:
    """Supplier x day: when a delivery meant for that day lands. In a supplier's outage it lands after it."""
    arrival_days = np.tile(np.arange(DAYS + _HORIZON), (len(SUPPLIERS), 1))
    for supplier in range(len(SUPPLIERS)):
        starts = np.sort(rng.integers(20, DAYS, rng.poisson(_OUTAGES_A_YEAR * DAYS / 365)))
        for start, end in zip(starts, starts + rng.integers(20, 50, len(starts)), strict=True):
            arrival_days[supplier, start:end] = end
    # The late supplier sent nothing for nine weeks in the last summer, and has again sent nothing when the data end.
    for start, end in ((DAYS - 128, DAYS - 64), (DAYS - 30, DAYS + 12)):
        arrival_days[LATE_SUPPLIER, start:end] = end
    return arrival_days


def _days_to_event() -> Ints:
    """By day: days until the next event window opens; 0 inside one."""
    starts = np.array([np.datetime64(event.starts_on) for event in EVENTS])
    ends = np.array([np.datetime64(event.ends_on) for event in EVENTS])
    ahead = np.where(ends >= DATES[:, None], np.maximum(0, (starts - DATES[:, None]).astype(np.int64)), 10_000)
    return np.asarray(ahead.min(axis=1), dtype=np.int64)


def _first_rates(demand: Ints, launched: Ints) -> Floats:
    """Units a day over the first 90 days on sale: what the merchant expected."""
    rates = np.zeros(demand.shape[1:])
    for day in np.unique(launched):
        rates[:, launched == day] = demand[day : day + 90, :, launched == day].mean(axis=0)
    return np.maximum(rates, 0.004)


def simulate(
    rng: np.random.Generator, world: World, demand: Ints, cells: Flags, *, never_out: bool = False
) -> StockHistory:
    """Serve `demand` (day x location x SKU) from the `cells` (location x SKU) that are kept.

    With `never_out` a supplier tops up on the day itself, every location straight from its supplier; otherwise stores
    and dealers are supplied by their warehouse, and what is not there is not sold.
    """
    shape, goods = cells.shape, world.goods
    shelves = _Shelves(
        on_hand=np.zeros(shape, dtype=np.int64),
        on_order=np.zeros(shape, dtype=np.int64),
        rate=_first_rates(demand, goods.launched),
        arrivals=np.zeros((_HORIZON, *shape), dtype=np.int64),
    )
    arrival_days = _arrival_days(rng)
    to_event = _days_to_event()
    filled = np.zeros_like(demand)
    on_hand = np.zeros((SNAPSHOT_DAYS, *shape), dtype=np.int32)
    most = np.zeros(shape[0], dtype=np.int64)
    for today in range(DAYS):
        _open(shelves, world, cells & (goods.launched == today), today)
        landed = shelves.arrivals[today % _HORIZON]
        shelves.on_hand += landed
        shelves.on_order -= landed
        landed[:] = 0
        demand_today = np.where(cells, demand[today], 0)
        if never_out:
            _top_up(shelves, world, demand_today, today)
        had_stock = shelves.on_hand > 0
        filled[today] = np.minimum(shelves.on_hand, demand_today)
        shelves.on_hand -= filled[today]
        needs = _needs(shelves, world, cells, today, int(to_event[today]), direct=never_out)
        moved = np.zeros(shape, dtype=np.int64) if never_out else _move(rng, shelves, world, needs, today)
        _buy(rng, shelves, world, needs, today, arrival_days, direct=never_out)
        out = filled[today] + moved
        shelves.rate += np.where(had_stock, (out - shelves.rate) * _SMOOTHING, 0.0)
        most = np.maximum(most, shelves.on_hand.sum(axis=1))
        if today >= DAYS - SNAPSHOT_DAYS:
            on_hand[today - DAYS + SNAPSHOT_DAYS] = shelves.on_hand
    deliveries = Deliveries(*(np.concatenate(column) for column in zip(*shelves.log, strict=True)))
    return StockHistory(filled, on_hand, deliveries, most)


def _open(shelves: _Shelves, world: World, cells: Flags, today: int) -> None:
    rows = np.nonzero(cells)
    if len(rows[0]):
        days = np.where(world.where.kind[rows[0]] == WAREHOUSE, world.goods.lead[rows[1]] + 45, 30.0)
        shelves.receive_now(today, today - 20, rows, np.ceil(shelves.rate[rows] * days + 2).astype(np.int64))


def _top_up(shelves: _Shelves, world: World, demand: Ints, today: int) -> None:
    # In the evening something is left: an empty shelf would look as if buyers had found nothing.
    rows = np.nonzero((demand > 0) & (demand >= shelves.on_hand))
    if len(rows[0]):
        pack = world.goods.pack[rows[1]]
        short = demand[rows] - shelves.on_hand[rows] + np.ceil(7 * shelves.rate[rows])
        shelves.receive_now(today, today, rows, (np.ceil(short / pack) * pack).astype(np.int64))


def _needs(shelves: _Shelves, world: World, cells: Flags, today: int, to_event: int, *, direct: bool) -> Ints:
    """Units to order up to S where the position has fallen to s, on the location's day of review."""
    where, goods = world.where, world.goods
    reviews = np.equal(np.arange(len(where.kind)) % _REVIEW, today % _REVIEW)[:, None] & cells
    from_supplier = (where.kind == WAREHOUSE)[:, None]
    lead = np.where(from_supplier, goods.lead[None, :], 3.0 if direct else where.lead[:, None])
    lift = np.where(to_event <= lead + 10, 1.0 + _EVENT_LIFT, 1.0)
    expected = shelves.rate * np.where(from_supplier, goods.optimism, 1.0)
    covered = expected * lift * (lead + _REVIEW)
    reorder_point = covered + _SERVICE_FACTOR * np.sqrt(2.0 * covered)
    cycle = np.where(from_supplier, _SUPPLIER_CYCLE, _MOVE_CYCLE)
    order_up_to = reorder_point + np.maximum(1.0, expected * lift * cycle)
    position = shelves.on_hand + shelves.on_order
    ends_soon = today > goods.delisted[None, :] - lead - 30
    still_sold = (goods.launched[None, :] <= today) & ((goods.delisted[None, :] == DAYS) | ~ends_soon)
    due = reviews & still_sold & (position <= np.floor(reorder_point))
    return np.where(due, np.ceil(order_up_to - position), 0).astype(np.int64)


def _move(rng: np.random.Generator, shelves: _Shelves, world: World, needs: Ints, today: int) -> Ints:
    """Warehouses share what they have among the stores and dealers that ask; returns units moved out."""
    where = world.where
    moved = np.zeros_like(shelves.on_hand)
    rows = np.nonzero(needs * (where.kind >= STORE)[:, None])
    if not len(rows[0]):
        return moved
    parent, units_needed = where.parent[rows[0]], needs[rows]
    needs_by_parent = np.zeros_like(moved)
    np.add.at(needs_by_parent, (parent, rows[1]), units_needed)
    share = np.minimum(1.0, shelves.on_hand[parent, rows[1]] / needs_by_parent[parent, rows[1]])
    units = np.floor(units_needed * share + 1e-9).astype(np.int64)
    rows, parent, units = (rows[0][units > 0], rows[1][units > 0]), parent[units > 0], units[units > 0]
    np.add.at(moved, (parent, rows[1]), units)
    shelves.on_hand -= moved
    lead = where.lead[rows[0]]
    days = np.maximum(1, np.rint(rng.normal(lead, 0.25 * lead))).astype(np.int64)
    shelves.order(today, rows, units, today + np.ceil(lead).astype(np.int64), today + days, parent)
    return moved


def _buy(
    rng: np.random.Generator,
    shelves: _Shelves,
    world: World,
    needs: Ints,
    today: int,
    arrival_days: Ints,
    *,
    direct: bool,
) -> None:
    """Orders from suppliers, in whole packs and at least the least they deliver."""
    where, goods = world.where, world.goods
    buys = np.ones(len(where.kind), dtype=bool) if direct else where.kind == WAREHOUSE
    rows = np.nonzero(needs * buys[:, None])
    if not len(rows[0]):
        return
    sku = rows[1]
    least = np.where(where.kind[rows[0]] == WAREHOUSE, goods.minimum_order[sku], 1)
    units = np.ceil(np.maximum(needs[rows], least) / goods.pack[sku]).astype(np.int64) * goods.pack[sku]
    lead = np.where(where.kind[rows[0]] == WAREHOUSE, goods.lead[sku], 3.0)
    sd = np.minimum(goods.lead_sd[sku], 0.3 * lead)
    slow = np.where(goods.supplier[sku] == LATE_SUPPLIER, LATE_FACTOR, 1.0)
    days = np.maximum(1, np.rint(rng.normal(lead, sd) * slow)).astype(np.int64)
    arrival = arrival_days[goods.supplier[sku], np.minimum(today + days, arrival_days.shape[1] - 1)]
    shelves.order(today, rows, units, today + lead.astype(np.int64), arrival, np.full(len(sku), NONE))
