"""Order lines that Hypothesis draws: a few customers who buy, return, and are nobody, in four months of 2024."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

CATEGORIES = {"A": "tea", "B": "coffee"}
PRODUCTS = [{"sku": sku, "category": category} for sku, category in CATEGORIES.items()]
DAYS = st.integers(0, 130).map(lambda k: datetime(2024, 1, 1, 8) + timedelta(days=k))


@st.composite
def random_lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 25))):
        order = {
            "order_id": f"o{number:02}",
            "customer_id": draw(st.sampled_from(["ann", "bob", "cem", "dee", None])),
            "ordered_at": draw(DAYS) + timedelta(minutes=number),
            "channel": draw(st.sampled_from(["web", "app", None])),
            "ship_to_region": draw(st.sampled_from(["north", "south"])),
            "status": draw(st.sampled_from([None, None, None, "sale", "staff", "cancelled"])),
        }
        lines += [
            order | {"sku": sku, "quantity": draw(st.integers(0, 3)), "net_amount": draw(st.integers(0, 50))}
            for sku in draw(st.sampled_from(["A", "B", "AB", "C"]))
        ]
    sold = [row for row in lines if row["status"] in {None, "sale"}]
    for row in sold[: draw(st.integers(0, 4))]:
        back = {"ordered_at": row["ordered_at"] + timedelta(days=draw(st.integers(0, 60))), "order_id": "r"}
        original = row["order_id"] if draw(st.booleans()) else None
        more = {"status": "refund", "quantity": -1, "net_amount": -5, "original_order_id": original}
        lines.append(row | back | more)
    return lines
