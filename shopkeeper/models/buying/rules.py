"""Simple rules beside the models: what customers alike then did, in the shop's own past.

- *plain rates*: alike in how often they bought and how long they have been silent;
- *last period*: alike in how much they bought in as many days before (Schmittlein & Peterson's naive forecast), which a
  history tells but for the days of the purchases between the first and the last: these are taken as evenly spread;
- *hiatus*: active if they bought within c days, c the likeliest (Wuebben & von Wangenheim 2008, J. Marketing 72).

Each tells, over so many days, the chance to buy (`rates.pooled`) and how often those buy who do, a geometric
distribution. Between and beyond the horizons it was counted over: see `Rule.told`. Frames have `frequency, recency, T`
in days, `customers`, and where a rule is made `holdout`, purchases in the days after.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from shopkeeper.messages import message
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import NotFitted, RuleKind, Unit
from shopkeeper.models.buying.rates import pooled

RULES: tuple[RuleKind, ...] = ("hiatus", "last_period", "plain_rates")
"""Those that assume least first."""
FREQUENCIES = (0, 1, 2, 3, 4, 5, 7, 10, 15, 25)
"""First repeat purchases of each band."""
INACTIVITY = (0, 8, 15, 22, 31, 46, 61, 91, 121, 181, 271, 366, 541, 731)
"""First days of each band of inactivity."""
COUNTS = (0.0, 0.01, 0.75, 1.5, 2.5, 3.5, 5.5, 8.5, 15.0)
"""First purchases in the days before of each band."""
FEWEST_CUSTOMERS = 100
SMALL = 1e-9


@dataclass(frozen=True)
class RuleTable:
    """One rule over one horizon: `buys` and `more` (see `rates`) by row and by `centres` of what orders the columns.

    `hiatus` is the c of that rule, 0 of others.
    """

    days: int
    centres: tuple[float, ...]
    buys: tuple[tuple[float, ...], ...]
    more: tuple[tuple[float, ...], ...]
    customers: int
    hiatus: int = 0


@dataclass(frozen=True)
class Told:
    """What a rule tells of each history: P(no purchase), E[n], and purchases beyond the first of those who buy."""

    none: Floats
    expected: Floats

    @property
    def more(self) -> Floats:
        """Purchases beyond the first of those who buy."""
        return np.maximum(self.expected / np.maximum(1 - self.none, SMALL) - 1, SMALL)

    @property
    def factorial(self) -> Floats:
        """E[n (n - 1)]."""
        moment: Floats = 2 * (1 - self.none) * self.more * (1 + self.more)
        return moment

    def log_probability(self, n: Ints) -> Floats:
        """Log P(exactly n purchases)."""
        more = self.more
        some = np.log1p(-self.none) + (n - 1) * np.log(more / (1 + more)) - np.log1p(more)
        return np.where(n == 0, np.log(self.none), some)


@dataclass(frozen=True)
class Rule:
    """A rule over some horizons. `decay` is by how much a day's purchases fall from day to day, of all customers."""

    kind: RuleKind
    tables: tuple[RuleTable, ...]
    decay: float = 1.0

    @property
    def unit(self) -> Unit:
        """Rules count days."""
        return "day"

    def told(self, histories: Histories, days: float) -> Told:
        """Over any number of days.

        Between the horizons that were counted, purchases and the logarithm of P(no purchase) go straight; beyond the
        longest they go on at the pace of the last days, which falls by `decay` from day to day.
        """
        ends = np.array([0, *(table.days for table in self.tables)], dtype=np.float64)
        told = [_told(self.kind, table, histories) for table in self.tables]
        size = histories.T.size
        expected = np.maximum.accumulate([np.zeros(size), *(one.expected for one in told)])
        logs = np.minimum.accumulate([np.zeros(size), *(np.log(one.none) for one in told)])
        after = int(np.clip(np.searchsorted(ends, days), 1, ends.size - 1))
        span = ends[after] - ends[after - 1]
        length = days - ends[after - 1] if days <= ends[-1] else span + self._lasting(days - ends[-1], span)
        part = length / span
        ahead = [line[after - 1] + part * (line[after] - line[after - 1]) for line in (expected, logs)]
        return Told(np.clip(np.exp(ahead[1]), SMALL, 1 - SMALL), np.maximum(ahead[0], SMALL))

    def discounted(self, histories: Histories, ends: Sequence[float], weights: Sequence[float]) -> Floats:
        """Sum over periods that end at `ends` of E[purchases in it], each by its weight."""
        total, before = np.zeros_like(histories.T), np.zeros_like(histories.T)
        for end, weight in zip(ends, weights, strict=True):
            until = self.told(histories, end).expected
            total += np.maximum(until - before, 0.0) * weight
            before = until
        return total

    def _lasting(self, days: float, span: float) -> float:
        """So many days at the pace of the last `span` are worth the days beyond."""
        if self.decay >= 1:
            return days
        fall = -float(np.log(self.decay))
        return float(np.exp(-fall * span / 2) * -np.expm1(-fall * days) / fall)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `json.dumps` takes and `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Rule":
        """The rule that `as_json` wrote."""
        tables = [{name: _tuples(value) for name, value in table.items()} for table in content["tables"]]
        return cls(content["kind"], tuple(RuleTable(**table) for table in tables), content["decay"])


def fit_rule(kind: RuleKind, past: Sequence[tuple[int, pl.DataFrame]], fewest: int = FEWEST_CUSTOMERS) -> Rule:
    """A rule from horizons and what customers did in so many days, the shortest first; horizons without enough go.

    Raise `NotFitted` where no horizon has `fewest` customers.
    """
    enough = [(days, frame) for days, frame in past if int(frame["customers"].sum()) >= max(fewest, 1)]
    if not enough:
        customers = max((int(frame["customers"].sum()) for _, frame in past), default=0)
        raise NotFitted(
            message(
                "Only {n} customers have been here for long enough to count what such customers then did; a rate needs "
                "at least {least}.",
                n=customers,
                least=fewest,
            )
        )
    tables = tuple(_fit_table(kind, frame, days) for days, frame in enough)
    return Rule(kind, tables, _decay([frame for _, frame in enough], tables))


def _decay(frames: Sequence[pl.DataFrame], tables: Sequence[RuleTable]) -> float:
    """The pace of purchases in the second part of the longest horizon over that before, by the day; at most 1."""
    if len(tables) < 2:
        return 1.0
    mean = (pl.col("holdout") * pl.col("customers")).sum() / pl.col("customers").sum()
    means = [float(frame.select(mean).item()) for frame in frames[-2:]]
    first, second = tables[-2].days, tables[-1].days
    before, later = means[0] / first, max(means[1] - means[0], 0.0) / (second - first)
    if not before:
        return 1.0
    return float(np.clip(later / before, 0.05, 1.0) ** (2 / second))


def _fit_table(kind: RuleKind, past: pl.DataFrame, days: int) -> RuleTable:
    histories = Histories.of(past)
    customers, n = (past[name].cast(pl.Float64).to_numpy() for name in ("customers", "holdout"))
    bought = customers * (n > 0)
    hiatus = _hiatus(histories, customers, bought) if kind == "hiatus" else 0
    row, column, shape = _places(kind, histories, days, hiatus)
    sums = []
    for values in (customers, bought, customers * n, customers * _order(kind, histories, days)):
        grid = np.zeros(shape)
        np.add.at(grid, (row, column), values)
        sums.append(grid)
    rates = pooled(*sums[:3])
    filled, first = sums[0].sum(axis=0), np.sort(_bounds(kind, hiatus))
    middle = (first + np.append(first[1:], first[-1] * 1.5)) / 2
    middle = middle[::-1] if kind == "last_period" else middle
    centres = np.where(filled > 0, np.abs(sums[3].sum(axis=0)) / np.maximum(filled, 1), middle)
    return RuleTable(
        days,
        tuple(centres.tolist()),
        tuple(tuple(line) for line in rates.buys.tolist()),
        tuple(tuple(line) for line in rates.more.tolist()),
        int(customers.sum()),
        hiatus,
    )


def _told(kind: RuleKind, table: RuleTable, histories: Histories) -> Told:
    """Over the days of a table: read off between the centres of its columns."""
    row, _, _ = _places(kind, histories, table.days, table.hiatus)
    centres = np.array(table.centres)
    at = np.abs(_order(kind, histories, table.days))
    if kind == "hiatus":
        column = (at >= table.hiatus).astype(np.intp)
        left, right, part = column, column, np.zeros(at.size)
    else:
        order = np.argsort(centres)
        right_place = np.clip(np.searchsorted(centres[order], at), 1, centres.size - 1)
        left, right = order[right_place - 1], order[right_place]
        near, far = np.log1p(centres[left]), np.log1p(centres[right])
        part = np.clip((np.log1p(at) - near) / np.maximum(far - near, SMALL), 0, 1)
    buys, more = (np.array(values) for values in (table.buys, table.more))
    chance = buys[row, left] * (1 - part) + buys[row, right] * part
    expected = (buys * (1 + more))[row, left] * (1 - part) + (buys * (1 + more))[row, right] * part
    return Told(np.clip(1 - chance, SMALL, 1 - SMALL), np.maximum(expected, SMALL))


def _places(kind: RuleKind, histories: Histories, days: int, hiatus: int) -> tuple[Ints, Ints, tuple[int, int]]:
    """Row and column of each history, and the shape of the grid; fewer buy from column to column."""
    bounds = _bounds(kind, hiatus)
    order = _order(kind, histories, days)
    row = np.zeros(order.size, dtype=np.intp)
    if kind == "plain_rates":
        row = np.searchsorted(FREQUENCIES, histories.frequency, side="right") - 1
    if kind == "last_period":
        column = bounds.size - np.searchsorted(bounds[::-1], -order, side="right")
    else:
        column = np.searchsorted(bounds, order, side="right") - 1
    return row, column, (len(FREQUENCIES) if kind == "plain_rates" else 1, bounds.size)


def _bounds(kind: RuleKind, hiatus: int) -> Floats:
    """Where each column begins."""
    match kind:
        case "hiatus":
            return np.array([0.0, hiatus])
        case "last_period":
            return np.array(COUNTS[::-1])
        case _:
            return np.array(INACTIVITY, dtype=np.float64)


def _order(kind: RuleKind, histories: Histories, days: int) -> Floats:
    """What orders the columns: days of inactivity, or less the purchases of the days before."""
    if kind != "last_period":
        return histories.T - histories.recency
    start, x, last = histories.T - days, histories.frequency, histories.recency
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = 1 + (x - 1) * (last - start) / last
    return -np.where(start < 0, x + 1, np.where((last > start) & (x > 0), inside, 0.0))


def _hiatus(histories: Histories, customers: Floats, bought: Floats) -> int:
    """The c at which those who bought within c days and the others differ most: of the highest likelihood."""
    inactivity = histories.T - histories.recency
    best, chosen = -np.inf, INACTIVITY[1]
    for days in INACTIVITY[1:]:
        value = 0.0
        for group in (inactivity < days, inactivity >= days):
            n, k = float(customers[group].sum()), float(bought[group].sum())
            share = (k + 0.5) / (n + 1)
            value += k * np.log(share) + (n - k) * np.log1p(-share)
        if value > best:
            best, chosen = value, days
    return chosen


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list | tuple) else value
