"""Why net revenue and the average order changed between two periods: more orders, another mix of channels, or more an
order.

With N orders, of which channel c has the share s_c and brings r_c an order: net revenue = N sum(s_c r_c), average order
= sum(s_c r_c). The change is split between N, s and r by Shapley values, to the cent. What an order brings is after
refunds: how much of its change is theirs is not known apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.models.shapley import shapley, to_cents
from shopkeeper.shop.today.contributions import report as contributions
from shopkeeper.shop.today.frames import WHY
from shopkeeper.shop.today.periods import Compared

Figure = Literal["revenue", "average_order"]
Cause = Literal["orders", "mix", "rate", "no_order", "refunds"]
CAUSES: Mapping[Figure, tuple[Cause, ...]] = {"revenue": ("orders", "mix", "rate"), "average_order": ("mix", "rate")}


@dataclass(frozen=True)
class Why:
    """Empty where there is no base, or no order in one of the periods."""

    rows: Annotated[pl.DataFrame, WHY]


@dataclass(frozen=True)
class Period:
    """Orders, and what they brought, by channel."""

    orders: Mapping[str, float]
    revenue: Mapping[str, float]

    @property
    def all_orders(self) -> float:
        """Of all channels."""
        return sum(self.orders.values())


def report(query: Query, spans: Compared) -> Why:
    """Both figures' changes by cause."""
    empty = pl.DataFrame(schema=WHY.schema())
    if spans.base is None:
        return Why(empty)
    base, now = _periods(query, spans)
    if base.all_orders <= 0 or now.all_orders <= 0:
        return Why(empty)
    rows = [(figure, *row) for figure in CAUSES for row in causes(figure, base, now)]
    return Why(pl.DataFrame(rows, schema=WHY.schema(), orient="row"))


def _periods(query: Query, spans: Compared) -> tuple[Period, Period]:
    orders = contributions(query, "orders", "channel", spans).parts
    revenue = contributions(query, "revenue", "channel", spans).parts
    made = []
    for column in ("base", "value"):
        parts = (dict(frame.select("part", pl.col(column).fill_null(0.0)).iter_rows()) for frame in (orders, revenue))
        made.append(Period(*parts))
    return made[0], made[1]


def causes(figure: Figure, base: Period, now: Period) -> list[tuple[Cause, float | None]]:
    """Each cause with its part of the change, null where it is not known; the parts known add up to the change."""
    channels = sorted({*base.orders, *now.orders})
    rates = {"base": _rates(base, now, channels), "now": _rates(now, base, channels)}

    def worth(changed: frozenset[str]) -> float:
        mix = now if "mix" in changed else base
        rate = rates["now" if "rate" in changed else "base"]
        average = sum(mix.orders.get(name, 0.0) / mix.all_orders * rate[name] for name in channels)
        if figure == "average_order":
            return average
        return average * (now if "orders" in changed else base).all_orders

    shares = shapley(CAUSES[figure], worth)
    # A refund in a channel without an order in the period is no part of any order's rate.
    rest = (
        _without_order(now) - _without_order(base)
        if figure == "revenue"
        else (_without_order(now) / now.all_orders - _without_order(base) / base.all_orders)
    )
    if rest:
        shares["no_order"] = rest
    exact = to_cents(shares, sum(shares.values()))
    return [*((name, float(amount)) for name, amount in exact.items()), ("refunds", None)]  # type: ignore[list-item]


def _rates(own: Period, other: Period, channels: list[str]) -> dict[str, float]:
    """What an order brings by channel; that of the other period where the channel has none: only the mix changed."""
    rates = {}
    for name in channels:
        period = own if own.orders.get(name) else other
        rates[name] = period.revenue.get(name, 0.0) / period.orders[name] if period.orders.get(name) else 0.0
    return rates


def _without_order(period: Period) -> float:
    return sum(amount for name, amount in period.revenue.items() if not period.orders.get(name))
