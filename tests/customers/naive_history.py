"""Customers' histories a second time: plain loops over plain lines, slow and easy to check by eye."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from tests.customers.naive_retention import first_purchases, normal


@dataclass(frozen=True)
class NaiveHistory:
    """One customer, as the day would have it."""

    first: dict[str, Any]
    days: tuple[date, ...]
    revenue: float
    by_day: Mapping[date, float]
    orders: int
    last_part: tuple[str, str]
    last_skus: tuple[str, ...]
    last_refund: date | None

    @property
    def inter_purchase_days(self) -> list[int]:
        return [(later - earlier).days for earlier, later in pairwise(self.days)]

    def row(self, day: date) -> dict[str, Any]:
        # What a refund without an order gives back after the second purchase is of a repeat purchase too.
        repeats = [amount for each, amount in self.by_day.items() if each >= self.days[1]] if self.days[1:] else []
        return {
            "first_day": self.days[0],
            "last_day": self.days[-1],
            "frequency": len(self.days) - 1,
            "recency": (self.days[-1] - self.days[0]).days,
            "T": (day - self.days[0]).days,
            "orders": self.orders,
            "revenue": self.revenue,
            "repeat_revenue": sum(repeats) / len(self.days[1:]) if repeats else None,
            "median_inter_purchase_days": median(self.inter_purchase_days) if self.inter_purchase_days else None,
            "last_inter_purchase_days": self.inter_purchase_days[-1] if self.inter_purchase_days else None,
            "first_channel": self.first["channel"],
            "first_region": self.first["region"],
            "first_category": self.first["category"],
            "first_sku": self.first["sku"],
            "last_channel": self.last_part[0],
            "last_category": self.last_part[1],
            "last_refund_day": self.last_refund,
        }


def stage(history: NaiveHistory, day: date, active: int = 90, lost: int = 180, loyal: int = 4) -> str:
    inactivity_days = (day - history.days[-1]).days
    if inactivity_days > lost:
        return "lost"
    if inactivity_days > active:
        return "at_risk"
    if len(history.days) == 1:
        return "new"
    if history.inter_purchase_days[-1] > lost:
        return "won_back"
    return "loyal" if len(history.days) >= loyal else "active"


def histories(
    lines: Iterable[Mapping[str, Any]], categories: Mapping[str, str], last: date, until: date
) -> dict[str, NaiveHistory]:
    """By customer, those who had bought by `until`; refunds up to `last` are in their original purchase."""
    kept = [line for line in lines if line["ordered_at"].date() <= last]
    refunds: dict[str, date] = {}
    owners = {line["order_id"]: line["customer_id"] for line in kept if line["customer_id"]}
    for line in kept:
        owner = line["customer_id"] or owners.get(line.get("original_order_id"))
        on = line["ordered_at"].date()
        if line.get("status") == "refund" and owner and on <= until:
            refunds[owner] = max(refunds.get(owner, on), on)
    rows = [normal(line, categories) for line in kept]
    originals = {row["order_id"]: row for row in rows if row["sale"]}
    for row in rows:
        if not row["sale"] and (original := originals.get(row["original"])):
            row |= {name: original[name] for name in ("order_id", "at", "day", "customer", "channel", "region")}
    first = first_purchases([row for row in rows if row["sale"]])
    result = {}
    for customer, start in first.items():
        own = [
            row for row in rows if row["customer"] == customer and row["counts"] and start["day"] <= row["day"] <= until
        ]
        if own and start["day"] <= until:
            result[customer] = one(start, own, refunds.get(customer))
    return result


def one(start: dict[str, Any], rows: list[dict[str, Any]], last_refund: date | None) -> NaiveHistory:
    days = sorted({row["day"] for row in rows if row["sale"]})
    by_day: dict[date, float] = defaultdict(float)
    parts: dict[tuple[str, ...], float] = defaultdict(float)
    sold = set()
    skus: dict[str, float] = defaultdict(float)
    for row in rows:
        by_day[row["day"]] += row["revenue"]
        if row["day"] == days[-1]:
            part = (row["order_id"], row["channel"], row["region"], row["category"])
            parts[part] += row["revenue"]
            if row["sale"]:
                sold.add(part)
                skus[row["sku"]] += row["revenue"]
    best = min(sold, key=lambda part: (-parts[part], part))
    return NaiveHistory(
        start, tuple(days), sum(row["revenue"] for row in rows), by_day,
        len({row["order_id"] for row in rows if row["sale"]}), (best[1], best[3]),
        tuple(sorted(skus, key=lambda sku: (-skus[sku], sku))[:3]), last_refund,
    )  # fmt: skip
