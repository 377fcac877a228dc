"""What in the data bends the figures: every check, what it found, and the rows behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from json import dumps
from typing import Annotated

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_, NN_
from shopkeeper.messages import Message, message
from shopkeeper.shop.health import alarms, rules
from shopkeeper.shop.health.frames import CHANNEL_DAYS, FINDINGS
from shopkeeper.shop.health.rules import RULES

LISTED = ("equal_orders", "repeated_lines", "prices", "quantities", "customers", "skus", "regions", "late", "overdue")
"""Checks whose rows are those of a query."""


@dataclass(frozen=True)
class Health:
    """`rows`: by check, what it found, to download."""

    as_of: date
    findings: Annotated[pl.DataFrame, FINDINGS]
    rows: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Finding:
    """One check that speaks. `amount` is in shop currency, `None` where it is not known."""

    check: str
    n: int
    amount: float | None
    sentence: Message
    rows: pl.DataFrame


def report(query: Query, today: date) -> Health:
    """Run every check as of the version's last complete day; `today` is the reader's."""
    as_of = query.version.as_of
    days = query("shop/health/channel_days")
    speaking = [
        *_freshness(days, as_of, today),
        *missing_days(days, as_of),
        *falls(days, as_of),
        *dipped(days, as_of),
        *_unidentified(query, days, as_of),
        *_listed(query, as_of),
        *_refunds(query, days),
        *_counts(query, as_of),
    ]
    rows = [
        (
            each.check,
            each.n,
            each.amount,
            dumps(each.sentence.as_data(), ensure_ascii=False),
            list(RULES[each.check].pages),
        )
        for each in speaking
    ]
    findings = pl.DataFrame(rows, schema=FINDINGS.schema(), orient="row").sort(
        "amount", descending=True, nulls_last=True
    )
    return Health(as_of, findings, {each.check: each.rows for each in speaking})


def _as_json(sentence: Message) -> str:
    return dumps(sentence.as_data(), ensure_ascii=False)


def _freshness(days: pl.DataFrame, as_of: date, today: date) -> Iterator[Finding]:
    late = (today - as_of).days
    if late <= rules.STALE_DAYS:
        return
    if late > rules.ARCHIVE_DAYS:
        sentence = message("The data end on {as_of}, {late} days ago: they are an archive.", as_of=as_of, late=late)
        yield Finding("freshness", late, None, sentence, pl.DataFrame())
        return
    daily = _since(days, as_of, rules.FALL_BEFORE)["revenue"].sum() / rules.FALL_BEFORE
    sentence = message(
        "The data end on {as_of}, {late} days ago; as the last weeks went, so much is missing since.",
        as_of=as_of,
        late=late,
    )
    yield Finding("freshness", late, float(daily * late), sentence, pl.DataFrame())


def _since(days: pl.DataFrame, until: date, length: int) -> pl.DataFrame:
    return days.filter(pl.col("day").is_between(until - timedelta(days=length - 1), until))


def missing_days(days: pl.DataFrame, as_of: date) -> Iterator[Finding]:
    """Days on which a channel had no order, though it has one on nearly every such weekday."""
    window = _since(days, as_of, rules.PATTERN_DAYS)
    missing = []
    for (channel,), own in window.group_by("channel", maintain_order=True):
        if own["orders"].sum() < rules.PATTERN_ORDERS:
            continue
        first = min(own["day"].to_list())
        calendar = pl.DataFrame({"day": pl.date_range(first, as_of, eager=True)}).join(own, on="day", how="left")
        by_weekday = calendar.with_columns(weekday=pl.col("day").dt.weekday(), has=pl.col("orders").is_not_null())
        usual = by_weekday.group_by("weekday").agg(
            weeks=pl.len(),
            share=pl.col("has").mean(),
            usual_orders=pl.col("orders").mean(),
            usual_revenue=pl.col("revenue").mean(),
        )
        usual = usual.filter((pl.col("weeks") >= rules.PATTERN_WEEKS) & (pl.col("share") >= rules.PATTERN_SHARE))
        open_days = by_weekday.join(usual, on="weekday")
        # Days of the last week may be missing by the same fault.
        steady = open_days.filter(pl.col("day") <= as_of - timedelta(days=rules.FALL_DAYS))["has"].mean()
        if steady is None or float(steady) < rules.PATTERN_DAYS_SHARE:  # type: ignore[arg-type]
            continue
        gaps = open_days.filter(~pl.col("has"))
        missing.append(
            gaps.select(
                pl.lit(channel).alias("channel"),
                "day",
                pl.lit(0.0).alias("orders"),
                "usual_orders",
                amount="usual_revenue",
            )
        )
    rows = _channel_days(missing)
    if not rows.is_empty():
        sentence = message("{n} days of channels that usually sell have no order: is an export missing?", n=rows.height)
        yield Finding("missing_days", rows.height, float(rows["amount"].sum()), sentence, rows)


def _channel_days(parts: list[pl.DataFrame]) -> Annotated[pl.DataFrame, CHANNEL_DAYS]:
    empty = pl.DataFrame(schema=CHANNEL_DAYS.schema())
    return pl.concat([empty, *(part.select(CHANNEL_DAYS.names) for part in parts)], how="vertical_relaxed")


def falls(days: pl.DataFrame, as_of: date) -> Iterator[Finding]:
    """Channels whose last week is at most half of a usual one."""
    before = _since(days, as_of - timedelta(days=rules.FALL_DAYS), rules.FALL_BEFORE)
    last = _since(days, as_of, rules.FALL_DAYS)
    weeks = rules.FALL_BEFORE / rules.FALL_DAYS
    usual = before.group_by("channel").agg(
        all_orders=pl.col("orders").sum(),
        usual_orders=pl.col("orders").sum() / weeks,
        usual_revenue=pl.col("revenue").sum() / weeks,
    )
    now = last.group_by("channel").agg(pl.col("orders").sum().cast(pl.Float64), pl.col("revenue").sum())
    both = usual.filter(pl.col("all_orders") >= rules.FALL_ORDERS).join(now, on="channel", how="left")
    both = both.with_columns(pl.col("orders", "revenue").fill_null(0.0))
    fallen = both.filter(pl.col("orders") <= rules.FALL_SHARE * pl.col("usual_orders"))
    amounts = fallen.with_columns(day=pl.lit(as_of), amount=pl.col("usual_revenue") - pl.col("revenue"))
    rows = _channel_days([amounts.sort("amount", descending=True)])
    if not rows.is_empty():
        names = ", ".join(rows["channel"].to_list())
        sentence = message("Orders of the last week have fallen by half or more in: {channels}.", channels=names)
        yield Finding("sudden_fall", rows.height, float(rows["amount"].sum()), sentence, rows)


def dipped(days: pl.DataFrame, as_of: date) -> Iterator[Finding]:
    """Channels whose last days are lower than chance makes them; by what they lack at their usual revenue per order."""
    low = alarms.dips(days, as_of)
    if not low:
        return
    window = _since(days, as_of, rules.PATTERN_DAYS).group_by("channel").agg(pl.col("revenue", "orders").sum())
    worth = {channel: revenue / orders for channel, revenue, orders in window.iter_rows() if orders}
    rows = [
        (
            each.channel,
            as_of,
            each.orders,
            each.usual_orders,
            worth.get(each.channel, 0.0) * (each.usual_orders - each.orders),
        )
        for each in low
    ]
    frame = pl.DataFrame(rows, schema=CHANNEL_DAYS.schema(), orient="row").sort("amount", descending=True)
    sentence = message(
        "Orders of the last {days} days are far below the usual in: {channels}.",
        days=rules.DIP_DAYS,
        channels=", ".join(frame["channel"].to_list()),
    )
    yield Finding("dip", frame.height, float(frame["amount"].sum()), sentence, frame)


def _unidentified(query: Query, days: pl.DataFrame, as_of: date) -> Iterator[Finding]:
    window = _since(days, as_of, rules.PATTERN_DAYS)
    orders, unknown = int(window["orders"].sum()), int(window["unidentified_orders"].sum())
    if orders < rules.UNIDENTIFIED_ORDERS or unknown <= rules.UNIDENTIFIED_SHARE * orders:
        return
    since = as_of - timedelta(days=rules.PATTERN_DAYS - 1)
    rows = query("shop/health/unidentified_orders", channels=[], channels_all=True, since=since)
    sentence = message(
        "{share} % of the orders of the last {days} days have no known customer: they are in no figure of customers.",
        share=round(100 * unknown / orders),
        days=rules.PATTERN_DAYS,
    )
    yield Finding("unidentified", unknown, float(window["unidentified_revenue"].sum()), sentence, rows)


def _listed(query: Query, as_of: date) -> Iterator[Finding]:
    checks: tuple[tuple[str, pl.DataFrame, str, str], ...] = (
        ("equal_orders", query("shop/health/equal_orders"), "all_orders", "all_amount"),
        ("repeated_lines", query("shop/health/repeated_lines"), "all_lines", "all_amount"),
        ("prices", query("shop/health/unusual_lines", rule="price"), "all_lines", "all_amount"),
        ("quantities", query("shop/health/unusual_lines", rule="quantity"), "all_lines", "all_amount"),
        ("customers", query("shop/health/customers"), "", "amount"),
        ("skus", query("shop/health/unknown_references", kind="sku"), "all_values", "all_amount"),
        ("regions", query("shop/health/unknown_references", kind="region"), "all_values", "all_amount"),
        ("late", late_deliveries(query, as_of), "", "amount"),
        ("overdue", query("shop/health/overdue", as_of=as_of), "", "amount"),
        ("missing_items", query("shop/health/missing_items", as_of=as_of), "", "revenue"),
    )
    for check, rows, count, amount in checks:
        if rows.is_empty():
            continue
        n = int(rows[count][0]) if count else rows.height
        money = rows[amount][0] if amount == "all_amount" else rows[amount].drop_nulls().sum()
        has_amount = amount == "all_amount" or rows[amount].null_count() < rows.height
        kept = rows.select(pl.exclude("^all_.*$"))
        yield Finding(check, n, float(money) if has_amount else None, Message(SENTENCES[check], {"n": n}), kept)


def late_deliveries(query: Query, as_of: date) -> pl.DataFrame:
    """Deliveries on their way that should have landed by the rhythm of their own way."""
    parameters = {"days": rules.OVERDUE_DAYS, "least": rules.LATE_DELIVERIES, "share": rules.LATE_SHARE}
    return query("shop/health/late_deliveries", as_of=as_of, **parameters)


def _refunds(query: Query, days: pl.DataFrame) -> Iterator[Finding]:
    """Orders of which more was given back than they brought in these data; of few or small ones nothing is said."""
    start = query.version.first_day
    checks = (
        ("refunds_alone", False, start + timedelta(days=rules.REFUND_DAYS), REFUNDS_ALONE),
        ("refunds_above", True, start, REFUNDS_ABOVE),
    )
    sold = float(days["revenue"].sum())
    for check, has_sale, since, forms in checks:
        rows = query("shop/health/unmatched_refunds", has_sale=has_sale, since=since)
        if rows.is_empty():
            continue
        n, amount = int(rows["all_orders"][0]), float(rows["all_amount"][0])
        if n >= rules.REFUND_ORDERS or amount > rules.REFUND_SHARE * sold:
            yield Finding(check, n, amount, Message.counted(forms, {"n": n}), rows.select(pl.exclude("^all_.*$")))


REFUNDS_ALONE = NN_(
    "{n} refund has no sale in the data: is the order missing, or original_order_id?",
    "{n} refunds have no sale in the data: are orders missing, or original_order_id?",
)
REFUNDS_ABOVE = NN_(
    "{n} order gave back more than it brought: is the refund there twice, or is a line missing?",
    "{n} orders gave back more than they brought: are refunds there twice, or are lines missing?",
)
SENTENCES: Mapping[str, str] = {
    "equal_orders": N_("{n} orders equal another in all but their number: they may count twice."),
    "repeated_lines": N_("{n} lines stand more than once in their order: they may count twice."),
    "prices": N_("{n} lines have a price far from the item's usual one."),
    "quantities": N_("{n} lines have a quantity far beyond the usual."),
    "customers": N_("{n} customers have so many orders that each may be many people."),
    "skus": N_("{n} items were sold that are not in the products: they have no name, cost or supplier."),
    "regions": N_("{n} regions were sold to that are not in the regions."),
    "late": N_("{n} deliveries should have landed by now: has one been halted?"),
    "overdue": N_("{n} deliveries are long overdue: are they received, or cancelled?"),
    "missing_items": N_("{n} items are missing from the newest count of their location."),
}


def _counts(query: Query, as_of: date) -> Iterator[Finding]:
    """Locations whose newest count is older than their own rhythm allows."""
    locations = query("shop/health/locations", as_of=as_of)
    age = (pl.lit(as_of) - pl.col("newest_count")).dt.total_days()
    most = pl.max_horizontal(pl.lit(rules.OLD_COUNT_DAYS), rules.OLD_COUNT_TIMES * pl.col("usual_days").fill_null(0.0))
    old = locations.with_columns(age=age).filter(pl.col("age") > most).sort("revenue", descending=True, nulls_last=True)
    if not old.is_empty():
        sentence = message("{n} locations were last counted long ago: their stock may be gone.", n=old.height)
        yield Finding("old_counts", old.height, float(old["revenue"].drop_nulls().sum()), sentence, old)
