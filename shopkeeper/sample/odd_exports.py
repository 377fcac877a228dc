"""Overlapping exports of one shop with what real ones have: rows twice, orders changed since, two buyers, no item."""

import json
from pathlib import Path

import polars as pl

EARLIER, LATER = "2026-08-01_2026-08-31.csv", "2026-08-20_2026-09-10.csv"
_ORDERS_A_DAY = 8
_FEW = 4  # of each oddity
COLUMNS = (
    "order_id",
    "ordered_at",
    "sku",
    "quantity",
    "net_amount",
    "customer_id",
    "channel",
    "ship_to_region",
    "status",
)


def write(directory: Path) -> None:
    """Write truth/exports/ for the sample shop in `directory`: two exports that overlap by twelve days, and
    exports.json: which orders are odd, and what the lines of both come to where the later export is believed."""
    target = directory / "truth" / "exports"
    target.mkdir()
    rows = _some_orders(directory / "order_lines" / "part-0000.parquet")
    day = pl.col("ordered_at").dt.date()
    earlier = rows.filter(day.is_between(pl.date(2026, 8, 1), pl.date(2026, 8, 31)))
    later = rows.filter(day.is_between(pl.date(2026, 8, 20), pl.date(2026, 9, 10)))
    both = earlier.join(later, on="order_id", how="semi")["order_id"].unique(maintain_order=True).to_list()
    only = later.join(earlier, on="order_id", how="anti")["order_id"].unique(maintain_order=True).to_list()
    if len(both) < 2 * _FEW or len(only) < 5 * _FEW:
        target.rmdir()
        return
    parts = {"changed": both[:_FEW], "cancelled_since": both[_FEW : 2 * _FEW]}
    names = ("sent_twice", "over_midnight", "two_buyers", "without_item", "refunded_by_no_number")
    parts |= {name: only[_FEW * n : _FEW * (n + 1)] for n, name in enumerate(names)}
    later = _odd(later, parts)
    earlier.write_csv(target / EARLIER)
    later.write_csv(target / LATER)
    sound = _believed(earlier, later, parts)
    truth = {
        "odd_orders": parts,
        "orders": sound["order_id"].n_unique(),
        "net_amount": float(sound["net_amount"].sum()),
        "believed": "Of an order in both the later export; a row sent twice once; without orders of two buyers and "
        "rows without an item; refunds as they are.",
    }
    (target / "exports.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _some_orders(lines: Path) -> pl.DataFrame:
    """A few orders of each day, of known buyers, whose lines are all sales; money as numbers with two decimals."""
    day = pl.col("ordered_at").dt.date()
    return (
        pl.scan_parquet(lines)
        .filter(day.is_between(pl.date(2026, 8, 1), pl.date(2026, 9, 10)), pl.col("status") == "sale")
        .with_columns(customer_id=pl.coalesce("customer_id", "account_id"))
        .drop_nulls("customer_id")
        .filter(pl.col("order_id").rank("dense").over(day) <= _ORDERS_A_DAY)
        .select(pl.col("net_amount").cast(pl.Decimal(18, 2)) if name == "net_amount" else name for name in COLUMNS)
        .with_columns(pl.col("quantity").cast(pl.Int64))
        .collect()
    )


def _odd(later: pl.DataFrame, parts: dict[str, list[str]]) -> pl.DataFrame:
    within = {name: pl.col("order_id").is_in(orders) for name, orders in parts.items()}
    first = pl.int_range(pl.len()).over("order_id") == 0
    midnight = pl.col("ordered_at").dt.truncate("1d") + pl.duration(hours=23, minutes=52)
    more = {name: later.filter(within[name] & first) for name in parts}
    later = later.with_columns(
        quantity=pl.when(within["changed"]).then(pl.col("quantity") + 1).otherwise("quantity"),
        net_amount=pl.when(within["changed"]).then(pl.col("net_amount") * 2).otherwise("net_amount").cast(
            pl.Decimal(18, 2)
        ),
        status=pl.when(within["cancelled_since"]).then(pl.lit("cancelled")).otherwise("status"),
        ordered_at=pl.when(within["over_midnight"]).then(midnight).otherwise("ordered_at"),
        sku=pl.when(within["without_item"]).then(None).otherwise("sku"),
    )  # fmt: skip
    return pl.concat(
        [
            later,
            more["sent_twice"],
            more["over_midnight"].with_columns(ordered_at=midnight + pl.duration(minutes=13)),
            more["two_buyers"].with_columns(customer_id=pl.lit("C-somebody-else")),
            more["refunded_by_no_number"].with_columns(
                order_id=pl.lit("R-") + pl.col("order_id"),
                ordered_at=pl.col("ordered_at") + pl.duration(days=1),
                quantity=-pl.col("quantity"),
                net_amount=-pl.col("net_amount"),
                status=pl.lit("refund"),
            ),
        ]
    )


def _believed(earlier: pl.DataFrame, later: pl.DataFrame, parts: dict[str, list[str]]) -> pl.DataFrame:
    rows = pl.concat([earlier.join(later, on="order_id", how="anti"), later])
    rows = rows.filter(~pl.col("order_id").is_in([*parts["two_buyers"], *parts["without_item"]]))
    twice = pl.col("order_id").is_in(parts["sent_twice"])
    return pl.concat([rows.filter(~twice), rows.filter(twice).unique(maintain_order=True)]).filter(
        pl.col("status") != "cancelled"
    )
