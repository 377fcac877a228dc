"""Retention a second time: plain loops over plain lines, slow and easy to check by eye."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention.report import View
from shopkeeper.engine.query import Choice

Cell = tuple[date, int]


@dataclass(frozen=True)
class NaiveCell:
    """What one cell should say; `value` is None while the cell is immature."""

    cohort_size: int
    n: int
    value: float | None
    upper: float | None
    customers: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """How cells are counted, until when, and where weeks start."""

    view: View
    as_of: date
    week_offset: int


def period_start(day: date, period: str, week_offset: int) -> date:
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=(day.weekday() + week_offset) % 7)
    return day.replace(day=1, month=day.month if period == "month" else (day.month - 1) // 3 * 3 + 1)


def next_period(start: date, period: str, steps: int = 1) -> date:
    if period in {"day", "week"}:
        return start + timedelta(days=(7 if period == "week" else 1) * steps)
    months = start.year * 12 + start.month - 1 + steps * (1 if period == "month" else 3)
    return date(months // 12, months % 12 + 1, 1)


def chosen(choice: Choice, value: str) -> bool:
    return choice is None or value in choice


def naive(
    lines: Iterable[Mapping[str, Any]],
    categories: Mapping[str, str],
    filters: CustomerFilters,
    view: View,
    last: date,
    week_offset: int = 0,
) -> dict[Cell, NaiveCell]:
    """Every cell that has begun, by cohort and age; weeks start `week_offset` days before Monday."""
    as_of = min(last, filters.until or last)
    rows = [normal(line, categories) for line in lines if line["ordered_at"].date() <= last]
    originals = {row["order_id"]: row for row in rows if row["sale"]}
    for row in rows:
        if not row["sale"] and (original := originals.get(row["original"])):
            row |= {name: original[name] for name in ("order_id", "at", "day", "customer", "channel", "region")}
    sales = [row for row in rows if row["sale"]]
    first = first_purchases(sales)
    members = {
        customer: row["day"]
        for customer, row in first.items()
        if row["day"] <= as_of
        and (filters.cohort_from or date.min) <= row["day"] <= (filters.cohort_to or date.max)
        and chosen(filters.acquired_channels, row["channel"])
        and chosen(filters.acquired_regions, row["region"])
        and chosen(filters.acquired_categories, row["category"])
        and chosen(filters.acquired_skus, row["sku"])
    }
    counted = [row for row in rows if row["day"] <= as_of and bought(filters, row)]
    unknown: dict[str, date] = {row["order_id"]: row["day"] for row in counted if row["sale"] and not row["customer"]}
    cohorts = defaultdict(list)
    for customer, day in members.items():
        cohorts[period_start(day, view.period, week_offset)].append(customer)
    cells = {}
    for cohort, people in cohorts.items():
        for age in range(ages_begun([members[person] for person in people], view, as_of, week_offset)):
            asked = Asked(view, as_of, week_offset)
            cells[cohort, age] = cell(cohort, age, people, members, counted, list(unknown.values()), asked)
    return cells


def normal(line: Mapping[str, Any], categories: Mapping[str, str]) -> dict[str, Any]:
    status = line.get("status") or "sale"
    return {
        "order_id": line["order_id"],
        "at": line["ordered_at"],
        "day": line["ordered_at"].date(),
        "customer": line["customer_id"],
        "sku": line["sku"],
        "channel": line.get("channel") or "(none)",
        "region": line.get("ship_to_region") or "(none)",
        "category": categories.get(line["sku"], "(none)"),
        "revenue": float(line["net_amount"]) if status in {"sale", "refund"} else 0.0,
        "original": line.get("original_order_id"),
        "sale": status == "sale" and line["quantity"] > 0 and line["net_amount"] + (line.get("discount") or 0) > 0,
        "counts": status in {"sale", "refund"},
    }


def first_purchases(sales: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for row in sorted(sales, key=lambda row: (row["at"], row["order_id"], -row["revenue"], row["sku"])):
        if row["customer"]:
            first.setdefault(row["customer"], row)
    return first


def bought(filters: CustomerFilters, row: Mapping[str, Any]) -> bool:
    return (
        row["counts"]
        and chosen(filters.bought_channels, row["channel"])
        and chosen(filters.bought_regions, row["region"])
        and chosen(filters.bought_categories, row["category"])
    )


def window(first_day: date, age: int, view: View, week_offset: int) -> tuple[date, date]:
    """First and last day of a customer's age."""
    if view.windows == "rolling":
        start = first_day + timedelta(days=age * view.window_days)
        return start, start + timedelta(days=view.window_days - 1)
    start = next_period(period_start(first_day, view.period, week_offset), view.period, age)
    return start, next_period(start, view.period) - timedelta(days=1)


def ages_begun(first_days: list[date], view: View, as_of: date, week_offset: int) -> int:
    age = 0
    while window(min(first_days), age, view, week_offset)[0] <= as_of + timedelta(days=view.windows == "rolling"):
        age += 1
    return age


def cell(
    cohort: date, age: int, people: list[str], members: Mapping[str, date], rows: list[dict[str, Any]],
    unknown: list[date], asked: Asked,
) -> NaiveCell:  # fmt: skip
    view, as_of, offset = asked.view, asked.as_of, asked.week_offset
    closed = {person for person in people if window(members[person], age, view, offset)[1] <= as_of}
    if not closed:
        return NaiveCell(len(people), 0, None, None, frozenset())
    value, seen, orders = 0.0, set(), set()
    for row in rows:
        person = row["customer"]
        if person not in closed or row["day"] < members[person]:
            continue
        start, end = window(members[person], age, view, offset)
        if view.method == "unbounded":
            end = as_of
        elif view.method == "cumulative":
            start = window(members[person], 1 if view.measure == "customers" else 0, view, offset)[0]
        if start <= row["day"] <= end:
            value += row["revenue"]
            if row["sale"]:
                seen.add(person)
                orders.add(row["order_id"])
    size = {"customers": len(seen), "orders": len(orders), "revenue": value}[view.measure]
    upper = None
    if view.measure == "customers":
        span_start = window(cohort, age if view.method != "cumulative" else 1, view, offset)[0]
        span_end = window(next_period(cohort, view.period) - timedelta(days=1), age, view, offset)[1]
        if view.method == "unbounded":
            span_end = as_of
        extra = sum(span_start <= day <= span_end for day in unknown)
        upper = min(len(closed), size + extra) / len(closed)
    return NaiveCell(len(people), len(closed), float(size), upper, frozenset(seen))
