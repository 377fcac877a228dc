"""The headline figures: period to date against a fair base, with their last weeks.

Net revenue, margin and units are those of the orders of these days, whenever their refunds came: a refund lowers the
day of its original order, as on the pages of customers. Orders lie on the day of their first sale line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.messages import Message, message
from shopkeeper.shop.today import periods
from shopkeeper.shop.today.frames import FIGURES
from shopkeeper.shop.today.periods import Compared, Days, Event, TodayOptions, compared
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.units import units_of

FLOWS = ("revenue", "orders", "average_order", "new_customers", "returning_customers", "margin", "units")
"""Figures of a span of days, in their order on the page."""
UNLIKE_COSTS = 0.05
"""From so large a difference of the share of revenue with cost on, margins are said to be hard to compare."""
MONTH_TO_DATE = TodayOptions()
Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Today:
    """The figures as of the version's last complete day.

    `margin_share` and `base_margin_share` are the shares of net revenue whose cost is known (null without revenue).
    `events` are those of the merchant's calendar; `notes` say what could not be told, and why.
    """

    options: TodayOptions
    as_of: date
    compared: Compared
    figures: Annotated[pl.DataFrame, FIGURES]
    margin_share: float | None
    base_margin_share: float | None
    events: tuple[Event, ...]
    notes: tuple[Message, ...]

    def figure(self, name: str) -> dict[str, float | None]:
        """A row of the figures; all null where there is no such figure."""
        rows = self.figures.filter(pl.col("figure") == name).drop("figure", "weeks").to_dicts()
        return rows[0] if rows else dict.fromkeys(("value", "base", "change", "change_share"))


def report(query: Query, options: TodayOptions = MONTH_TO_DATE) -> Today:
    """The figures of the whole shop. Those that the data cannot tell are left out, and a note says why."""
    version = query.version
    events = tuple(Event(**row) for row in query("shop/today/events").to_dicts())
    spans = compared(options, version.as_of, version.first_day, version.shop.week_offset, events)
    weeks = periods.weeks(version.as_of, version.first_day)
    since = min(span.first for span in (spans.now, spans.base_or_now, *weeks))
    days = query("shop/today/days", first_day=since, last_day=version.as_of)
    orders = query("shop/today/orders", first_day=since, last_day=version.as_of)
    bought = _customers(query, spans)
    unsure = uncertain_until(query)
    units = len(units_of(query, GoodsFilters())) == 1

    def values(span: Days, name: str) -> Values:
        return _flows(_within(days, span), _within(orders, span), bought.get(name), one_unit=units)

    now = values(spans.now, "now")
    base: Values = values(spans.base, "base") if spans.base else {}
    if spans.base_or_now.first < unsure:
        base = {**base, "new_customers": None, "returning_customers": None}
    past = [values(span, str(len(weeks) - 1 - place)) for place, span in enumerate(weeks)]
    share, base_share = (_cost_share(_within(days, span)) for span in (spans.now, spans.base_or_now))
    return Today(
        options,
        version.as_of,
        spans,
        _rows(now, base, past),
        share,
        base_share if spans.base else None,
        events,
        tuple(_notes(options, spans, now, (share, base_share), one_unit=units, unsure_until=unsure)),
    )


def _within(rows: pl.DataFrame, span: Days) -> pl.DataFrame:
    return rows.filter(pl.col("day").is_between(span.first, span.last))


def _customers(query: Query, spans: Compared) -> dict[str, tuple[int, int]]:
    """New and returning customers by window; empty where nobody is known in any."""
    now, base = spans.now, spans.base_or_now
    rows = query(
        "shop/today/customers",
        as_of=query.version.as_of,
        weeks=periods.WEEKS,
        first_day=now.first,
        last_day=now.last,
        base_first_day=base.first,
        base_last_day=base.last,
    )
    if rows.is_empty():
        return {}
    counts = {str(span): (new, returning) for span, new, returning in rows.iter_rows()}
    return {span: counts.get(span, (0, 0)) for span in ("now", "base", *map(str, range(periods.WEEKS)))}


def uncertain_until(query: Query) -> date:
    """Who first bought before this day may have bought before the data begin."""
    for row in query("customers/left_truncation").to_dicts():
        if row["is_truncated"]:
            first: date = row["first_day"]
            return first + timedelta(row["window_days"])
    return date.min


def _flows(days: pl.DataFrame, orders: pl.DataFrame, bought: tuple[int, int] | None, *, one_unit: bool) -> Values:
    """Every figure of a span of days; null where it is not known."""
    revenue, count = float(days["revenue"].sum()), int(orders["orders"].sum())
    return {
        "revenue": revenue,
        "orders": float(count) if count else None if days.height else 0.0,
        "average_order": revenue / count if count else None,
        "new_customers": float(bought[0]) if bought else None,
        "returning_customers": float(bought[1]) if bought else None,
        "margin": float(days["margin"].sum()) if days["margin"].count() else None,
        "units": float(days["units"].sum()) if one_unit else None,
    }


def _cost_share(days: pl.DataFrame) -> float | None:
    revenue = float(days["revenue"].sum())
    return float(days["revenue_with_cost"].sum()) / revenue if revenue > 0 else None


def _rows(now: Values, base: Values, past: Sequence[Values]) -> Annotated[pl.DataFrame, FIGURES]:
    rows = []
    for name in FLOWS:
        if now[name] is None:
            continue
        weeks = [value for each in past if (value := each[name]) is not None]
        drawn = weeks if len(weeks) == len(past) >= 2 else []
        rows.append(_row(name, now[name], base.get(name), drawn))
    return pl.DataFrame(rows, schema=FIGURES.schema(), orient="row")


def _row(name: str, value: float | None, base: float | None, weeks: list[float]) -> tuple[object, ...]:
    change = value - base if value is not None and base is not None else None
    share = change / base if change is not None and base is not None and base > 0 else None
    return name, value, base, change, share, weeks


def with_stock(figures: pl.DataFrame, stock: Values) -> Annotated[pl.DataFrame, FIGURES]:
    """The figures with those of the stock, a state that has no base."""
    rows = [_row(name, value, None, []) for name, value in stock.items() if value is not None]
    return pl.concat([figures, pl.DataFrame(rows, schema=FIGURES.schema(), orient="row")])


def _notes(
    options: TodayOptions,
    spans: Compared,
    now: Values,
    shares: tuple[float | None, float | None],
    *,
    one_unit: bool,
    unsure_until: date,
) -> list[Message]:
    notes = []
    if options.against == "event" and spans.event is None:
        notes.append(
            message("No event with an earlier occurrence is in reach: the same weekdays of a year ago are shown.")
        )
    if spans.base is None:
        notes.append(message("The data do not reach back to the days to compare with, so no change is shown."))
    elif spans.base.number < spans.now.number:
        notes.append(
            message(
                "The period before has {days} days, of which all are taken; the period to date has {more} already.",
                days=spans.base.number,
                more=spans.now.number,
            )
        )
    if now["new_customers"] is None:
        notes.append(message("No order names its buyer, so new and returning customers cannot be told apart."))
    elif spans.now.first < unsure_until:
        notes.append(
            message("Customers who seem new before {day} may have bought before the data begin.", day=unsure_until)
        )
    if now["margin"] is None:
        notes.append(message("No item sold has a known cost, so no margin is shown."))
    elif spans.base and None not in shares and abs((shares[0] or 0) - (shares[1] or 0)) > UNLIKE_COSTS:
        notes.append(message("Costs are known of another share of revenue than before: do not compare the margins."))
    if not one_unit:
        notes.append(message("Items are counted in different units of measure, so units are not added up."))
    return notes
