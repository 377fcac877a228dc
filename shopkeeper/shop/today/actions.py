"""What needs doing across all pages, the largest amount first, each from the report of the page it leads to.

Nothing is computed again here: an amount is the sum that its page shows. Reports that are not there yet are named in
`awaited`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Annotated
from urllib.parse import urlencode

import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.customers.churn.report import Churn
from shopkeeper.i18n import N_, NN_, percent
from shopkeeper.merchant.policy import Policy
from shopkeeper.merchant.targets import FIGURE_WORDS
from shopkeeper.messages import Message, MessageValue, message
from shopkeeper.shop.health.report import Health
from shopkeeper.shop.today.frames import ACTIONS
from shopkeeper.shop.today.periods import Event
from shopkeeper.shop.today.rules import (
    EVENT_DAYS,
    MOVES,
    NOT_OF_THE_SAMPLE,
    RULES,
    TARGET_LEAST_SHARE,
    Kind,
    Part,
    View,
)
from shopkeeper.shop.today.sources import Reports
from shopkeeper.shop.today.targets import Plan
from shopkeeper.supply.coverage.report import Coverage
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers

MONTH_MISSED = N_("{figure}: at this rate the month ends {share} below plan.")
YEAR_MISSED = N_("{figure}: at this rate the year ends {share} below plan.")


@dataclass(frozen=True)
class Action:
    """One thing to do. Its amount is in shop currency, null where it is not known; `low` and `high` are the ends of
    its interval where the page's report has one. `view` is what is chosen on the page where that is not what its rule
    chooses.
    """

    key: str
    kind: Kind
    n: int
    text: Message
    amount: float | None
    amount_is: str
    horizon_days: int | None
    low: float | None = None
    high: float | None = None
    view: View | None = None

    @property
    def page(self) -> str:
        """The page's address."""
        return RULES[self.kind].page

    @property
    def choices(self) -> View:
        """What is chosen there by the widgets' keys, and so by the link."""
        return RULES[self.kind].choices if self.view is None else self.view

    @property
    def url(self) -> str:
        """The page with its view set, without the server's name."""
        return f"/{'' if self.page == 'today' else self.page}" + (f"?{urlencode(self.choices)}" if self.choices else "")


@dataclass(frozen=True)
class Actions:
    """`first` reach `material_from` (null: no margin is known, and all do), the largest first; `smaller` do not.

    `awaited` names what some kinds still wait for.
    """

    first: tuple[Action, ...]
    smaller: tuple[Action, ...]
    material_from: float | None
    awaited: tuple[Part, ...]

    @property
    def all(self) -> tuple[Action, ...]:
        """The largest amount first; those without one last."""
        return ranked((*self.first, *self.smaller))


def actions(
    reports: Reports,
    events: Sequence[Event],
    as_of: date,
    material_from: float | None,
    plan: Plan | None = None,
    *,
    sample: bool = False,
    materiality: float = Policy.materiality,
) -> Actions:
    """Every action of volume. One without a known amount is never folded: nobody knows that it is small.

    `materiality` is the share of a plan that a run rate may stay below it.
    """
    every = [
        *_targets(plan, materiality),
        *_rescue(reports.churn),
        *_coverage(reports.coverage),
        *_orders(reports.orders),
        *_transfers(reports.moves),
        *_event(reports.orders, events, as_of),
        *_data(reports.health, sample=sample),
    ]
    speaking = [each for each in every if each.n >= RULES[each.kind].least_n]
    least = material_from or 0.0
    small = [each for each in speaking if each.amount is not None and each.amount < least]
    first = [each for each in speaking if each not in small]
    return Actions(ranked(first), ranked(small), material_from, tuple(_awaited(reports)))


def ranked(these: Sequence[Action]) -> tuple[Action, ...]:
    """The largest amount first; those without one last, the nearest horizon first."""
    return tuple(
        sorted(
            these,
            key=lambda each: (each.amount is None, -(each.amount or 0.0), each.horizon_days or 0, each.key),
        )
    )


def frame(these: Sequence[Action], small: Sequence[Action] = ()) -> Annotated[pl.DataFrame, ACTIONS]:
    """The actions as a table, in the language in use."""
    rows = [
        (
            each.key,
            each.kind,
            str(each.text),
            each.amount,
            each.low,
            each.high,
            each.horizon_days,
            each.page,
            each.url,
            each not in small,
        )
        for each in these
    ]
    return pl.DataFrame(rows, schema=ACTIONS.schema(), orient="row")


def _counted(kind: Kind, forms: tuple[str, str], n: int, amount: float | None, horizon: int | None) -> Action:
    return Action(kind, kind, n, Message.counted(forms, {"n": n}), amount, RULES[kind].amount_is, horizon)


def _sum(rows: pl.DataFrame, column: str) -> float | None:
    return float(rows[column].sum()) if rows[column].count() else None


def _rescue(churn: Churn | None) -> Iterator[Action]:
    if churn and churn.totals.to_rescue:
        forms = NN_("Write to {n} customer who has gone quiet.", "Write to {n} customers who have gone quiet.")
        yield _counted("rescue", forms, churn.totals.to_rescue, churn.totals.rescue_value, churn.options.horizon)


def _coverage(coverage: Coverage | None) -> Iterator[Action]:
    if coverage is None or not (coverage.has_stock and coverage.has_forecast):
        return
    rows, risk = coverage.regions_skus, coverage.at_risk
    if risk.height:
        forms = NN_(
            "{n} item in a region is out, or runs out before an order placed today can land.",
            "{n} items, region by region, are out or run out before an order placed today can land.",
        )
        yield _counted("stock_out", forms, risk.height, _sum(risk, "margin_at_stake"), None)
    excess = rows.filter(pl.col("status") == "excess")
    if excess.height:
        forms = NN_(
            "Clear the excess of {n} item in a region: its stock lasts too long.",
            "Clear the excess of {n} items, region by region: their stock lasts too long.",
        )
        yield _counted("excess", forms, excess.height, _sum(rows, "excess_value"), coverage.policy.excess_days)


def _orders(orders: OrderProposals | None) -> Iterator[Action]:
    if orders and not orders.notes.keys() & {"no_forecast", "no_counts"} and orders.rows.height:
        forms = NN_("Place {n} order line that is due today.", "Place {n} order lines that are due today.")
        yield _counted("orders", forms, orders.rows.height, _sum(orders.rows, "margin_protected"), HORIZON)


def _transfers(moves: Transfers | None) -> Iterator[Action]:
    if moves and moves.rows.height:
        forms = NN_("Make {n} move between locations today.", "Make {n} moves between locations today.")
        until = moves.rows["next_supply_on"].max()
        horizon = (until - moves.as_of).days if isinstance(until, date) else None
        yield _counted("transfers", forms, moves.rows.height, _sum(moves.rows, "gain"), horizon)


def _event(orders: OrderProposals | None, events: Sequence[Event], as_of: date) -> Iterator[Action]:
    """Days to the next event's last safe order day: its start less lead time and receiving."""
    ahead = [each for each in events if 0 < (each.starts_on - as_of).days <= EVENT_DAYS]
    if not ahead or orders is None or orders.suppliers.is_empty() or orders.notes.keys() & {"no_counts"}:
        return
    event = min(ahead, key=lambda each: each.starts_on)
    policy = orders.policy
    leads = orders.suppliers["used_days"].fill_null(policy.lead_days)
    safe = [event.starts_on - timedelta(ceil(lead) + policy.receiving_days) for lead in leads]
    open_days = sorted(day for day in safe if day >= as_of)
    if open_days:
        text = message(
            "Order for {event}, which starts on {day}: {n} of {all} suppliers still deliver in time, the first only "
            "until {last}.",
            event=event.name,
            day=event.starts_on,
            n=len(open_days),
            all=len(safe),
            last=open_days[0],
        )
        days, view = (open_days[0] - as_of).days, None
    else:
        text = message(
            "{event} starts on {day}: an order placed today comes too late from every supplier; move what is there.",
            event=event.name,
            day=event.starts_on,
        )
        days, view = (event.starts_on - as_of).days, MOVES
    yield Action(f"event:{event.name}:{event.starts_on}", "event", len(safe), text, None, "", days, view=view)


def _targets(plan: Plan | None, materiality: float) -> Iterator[Action]:
    """What ends below plan at this rate; of a figure the month, and the year where the month is on its way."""
    said = set()
    for row in plan.rows.iter_rows(named=True) if plan else ():
        late = row["share"] is not None and TARGET_LEAST_SHARE <= row["share"] < 1
        if row["figure"] in said or not late or row["gap_share"] is None or row["gap_share"] >= -materiality:
            continue
        said.add(row["figure"])
        is_month = row["period"] == "month"
        words: Mapping[str, MessageValue] = {
            "figure": message(FIGURE_WORDS[row["figure"]]),
            "share": percent(-row["gap_share"]),
        }
        text = Message(MONTH_MISSED if is_month else YEAR_MISSED, words)
        amount = None if row["worth"] is None else -row["worth"]
        key = f"target:{row['figure']}:{row['period']}:{row['starts_on']}"
        yield Action(key, "target", 1, text, amount, RULES["target"].amount_is, row["days_left"])


def _data(health: Health, *, sample: bool) -> Iterator[Action]:
    for row in health.findings.iter_rows(named=True):
        if sample and row["check"] in NOT_OF_THE_SAMPLE:
            continue
        text = Message.from_data(json.loads(row["sentence"]))
        yield Action(f"data:{row['check']}", "data", row["n"], text, row["amount"], "", None)


def _awaited(reports: Reports) -> Iterator[Part]:
    if reports.churn is None:
        yield "fits"
    if reports.coverage is None or not reports.coverage.has_forecast:
        yield "forecast"
    if reports.coverage is not None and not reports.coverage.has_stock:
        yield "stock"
