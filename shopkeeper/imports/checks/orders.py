"""Orders over all files of an import at once: none counts twice, and no two become one in silence.

A rule that an order breaks keeps out all of its lines, because nobody here knows which of them are right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
)

from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.keys import PLACEHOLDER, key_warnings, mending_warnings, with_mending
from shopkeeper.imports.checks.rules import FIRST_DAY, Check, Terms, lost_digits
from shopkeeper.imports.checks.split import BLOCKED, KEY, key
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.messages import Message, message

ONE_DAY = timedelta(days=1)
MOST_PAIRS = 20
"""So many pairs of files are named, those with most orders in common first."""
ORDER, BUYER, FIRST, LAST = "order_id", "customer_id", "first_file", "last_file"
ROWS, CONTENT, ORIGIN = "rows", "content", "origin"
KEYS = ("order_id", "sku", "customer_id")


@dataclass(frozen=True)
class CheckedOrders:
    """`opened` without the copies that `overlap` leaves out; `blocked` has KEY and BLOCKED, which `checks` read."""

    opened: tuple[Candidates, ...]
    blocked: DuckDBPyRelation | None = None
    checks: tuple[Check, ...] = ()
    warnings: tuple[Message, ...] = ()


def check_orders(
    connection: DuckDBPyConnection,
    opened: Sequence[Candidates],
    mapping: TableMapping,
    terms: Terms,
    scratch: Path,
) -> CheckedOrders:
    """Hold all order lines of an import against the rules of orders."""
    warnings: list[Message] = []
    if mapping.negate_refunds:
        rows = sum(_rows(each.rows.filter(_refund(each) & _above_zero())) for each in opened)
        opened = [replace(each, rows=_negated(each)) for each in opened]
        if rows:
            warnings.append(
                message("{rows} refund lines had a quantity or amount above 0, and were turned negative.", rows=rows)
            )
    parts = _parts(opened)
    lines = reduce(DuckDBPyRelation.union, (_lines(part, each) for part, each in zip(parts, opened, strict=True)))
    orders = _kept(connection, _orders(lines, mapping, terms), scratch, "orders")
    twice = orders.filter(ColumnExpression(FIRST) < ColumnExpression(LAST)).project(
        ColumnExpression(ORDER), ColumnExpression(FIRST)
    )
    if mapping.overlap == "keep_one" and _rows(twice):
        alike = _kept(connection, _alike(opened, parts, twice), scratch, "alike")
        opened, copies = _without_copies(opened, parts, alike)
        if copies:
            warnings.append(
                message(
                    "{orders} orders stand in more than one file with the same lines; they were taken once, and "
                    "{rows} rows left out.",
                    orders=_rows(alike),
                    rows=copies,
                )
            )
        orders = _but_for(orders, alike)
    blocked = _kept(connection, _blocked(lines, orders), scratch, "blocked_orders")
    checks = tuple(_checks(blocked, _names(opened), mapping))
    warnings += [*mending_warnings(KEYS, _mended_rows(orders)), *key_warnings(lines, orders)]
    return CheckedOrders(tuple(opened), blocked if checks else None, checks, tuple(warnings))


def _kept(connection: DuckDBPyConnection, relation: DuckDBPyRelation, scratch: Path, name: str) -> DuckDBPyRelation:
    """What would else be made anew by each question to it; on disk, because it has a row per order."""
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / f"{name}.checked.parquet"
    relation.write_parquet(str(path), compression="zstd")
    return connection.read_parquet(str(path))


def _kind(candidates: Candidates) -> Expression:
    """The line's status; empty means sale, but a word that the mapping does not explain may be anything."""
    status = ColumnExpression("status")
    if "status?" not in candidates.rows.columns:
        return text("sale")
    return (
        CaseExpression(status.is_not_null(), status).when(ColumnExpression("status?"), text("")).otherwise(text("sale"))
    )


def _refund(candidates: Candidates) -> Expression:
    return _kind(candidates) == text("refund")


def _above_zero() -> Expression:
    zero = ConstantExpression(0)
    return (ColumnExpression("quantity") > zero) | (ColumnExpression("net_amount") > zero)


def _negated(candidates: Candidates) -> DuckDBPyRelation:
    """The rows, with the quantities and amounts of refunds below 0."""
    mended = [
        CaseExpression(_refund(candidates) & (ColumnExpression(name) > ConstantExpression(0)), -ColumnExpression(name))
        .otherwise(ColumnExpression(name))
        .cast(ORDER_LINES.column(name).type)
        .alias(name)
        for name in ("quantity", "net_amount")
    ]
    return candidates.rows.project(duckdb.StarExpression(exclude=["quantity", "net_amount"]), *mended)


def _names(opened: Sequence[Candidates]) -> list[str | Message]:
    """What the parts of an import are called: a file, or each sheet of a workbook of which several were read."""
    names: list[str | Message] = []
    for each in opened:
        file = each.reading.file.name
        sheets = [message("{file}, sheet {sheet}", file=file, sheet=sheet.name) for sheet in each.reading.sheets]
        names += sheets or [file]
    return names


def _parts(opened: Sequence[Candidates]) -> list[Expression]:
    """Per file, the number of the part that a row stands in, in the order of `_names`."""
    parts = []
    number = 0
    for each in opened:
        part: Expression = ConstantExpression(number)
        for sheet in each.reading.sheets[1:]:
            part += (ColumnExpression("line") >= ConstantExpression(sheet.first_line)).cast("INTEGER")
        parts.append(part.cast("INTEGER").alias("file"))
        number += max(1, len(each.reading.sheets))
    return parts


def _lines(part: Expression, candidates: Candidates) -> DuckDBPyRelation:
    """What the rules look at. An order number that has lost its digits is no order: its rows are rejected as such."""
    order = ColumnExpression(ORDER)
    names = (ORDER, BUYER, "sku", "ordered_at", "quantity", "net_amount", "original_order_id")
    return candidates.rows.project(
        *(ColumnExpression(name) for name in names),
        _kind(candidates).alias("kind"),
        part,
        *with_mending(candidates.rows, KEYS),
    ).filter(order.is_not_null() & ~lost_digits(order))


def _orders(lines: DuckDBPyRelation, mapping: TableMapping, terms: Terms) -> DuckDBPyRelation:
    """One row per order: its files, a buyer, and which rules its own lines break."""
    file, buyer, kind = ColumnExpression("file"), ColumnExpression(BUYER), ColumnExpression("kind")
    sale = kind == text("sale")
    # A day that cannot be true is told of as such, and says nothing of the order's other lines.
    time = ColumnExpression("ordered_at")
    possible = (time >= ConstantExpression(FIRST_DAY)) & (time < ConstantExpression(terms.not_after))
    sold_at = CaseExpression(sale & possible, time)
    quantity, amount, zero = ColumnExpression("quantity"), ColumnExpression("net_amount"), ConstantExpression(0)
    against = ((quantity > zero) & (amount < zero)) | ((quantity < zero) & (amount > zero))
    apart = call("max", sold_at) - call("min", sold_at) > ConstantExpression(ONE_DAY)
    return lines.aggregate(
        [
            ColumnExpression(ORDER),
            call("min", file).alias(FIRST),
            call("max", file).alias(LAST),
            call("min", buyer).alias(BUYER),
            (call("min", buyer) != call("max", buyer)).alias("two buyers"),
            (apart & ConstantExpression(not mapping.lines_carry_dates)).alias("days apart"),
            call("bool_or", (sale & against) | ((kind == text("refund")) & _above_zero())).alias("signs"),
            (call("bool_or", kind == text("cancelled")) & ~call("bool_or", sale)).alias("cancelled"),
            call("max", ColumnExpression(PLACEHOLDER)).alias(PLACEHOLDER),
            *(call("count_if", ColumnExpression(f"{name} mended")).alias(f"{name} mended") for name in KEYS),
        ]
    )


def _alike(opened: Sequence[Candidates], parts: Sequence[Expression], twice: DuckDBPyRelation) -> DuckDBPyRelation:
    """Orders whose lines are the same, each as often, in all files that they stand in; with the first file."""
    contents = []
    for part, each in zip(parts, opened, strict=True):
        said = [name for name in each.rows.columns if name.endswith("=")]
        values = [column.name for column in ORDER_LINES.columns]
        content = call("hash", *(ColumnExpression(name).cast("VARCHAR") for name in values), *map(_unusable, said))
        contents.append(each.rows.project(ColumnExpression(ORDER), content.alias(CONTENT), part))
    lines = reduce(DuckDBPyRelation.union, contents).set_alias("lines").join(twice.set_alias("twice"), ORDER)
    in_file = lines.aggregate(
        [
            ColumnExpression(ORDER),
            ColumnExpression(FIRST),
            ColumnExpression("file"),
            call("count_star").alias(ROWS),
            call("sum", ColumnExpression(CONTENT)).alias(CONTENT),
        ]
    )
    rows, content = ColumnExpression(ROWS), ColumnExpression(CONTENT)
    same = (call("min", rows) == call("max", rows)) & (call("min", content) == call("max", content))
    columns = [ColumnExpression(ORDER), ColumnExpression(FIRST), same.alias("same")]
    return in_file.aggregate(columns).filter(ColumnExpression("same"))


def _unusable(said: str) -> Expression:
    """What the file says where no value could be made of it: two such texts may differ."""
    return CaseExpression(ColumnExpression(said.removesuffix("=")).is_null(), ColumnExpression(said))


def _without_copies(
    opened: Sequence[Candidates], parts: Sequence[Expression], alike: DuckDBPyRelation
) -> tuple[list[Candidates], int]:
    """The files without the lines that an earlier part has, and how many lines that are."""
    left: list[Candidates] = []
    once = alike.project(ColumnExpression(ORDER), ColumnExpression(FIRST)).set_alias("once")
    for part, each in zip(parts, opened, strict=True):
        own = each.rows.project(duckdb.StarExpression(), part).set_alias("own").join(once, ORDER, how="left")
        is_copy = duckdb.CoalesceOperator(ColumnExpression("file") > ColumnExpression(FIRST), ConstantExpression(False))
        rows = own.filter(~is_copy).project(duckdb.StarExpression(exclude=["file", FIRST]))
        copies = _rows(own.filter(is_copy))
        reading = replace(each.reading, rows=each.reading.rows - copies)
        left.append(replace(each, rows=rows, reading=reading) if copies else each)
    return left, sum(old.reading.rows - new.reading.rows for old, new in zip(opened, left, strict=True))


def _but_for(orders: DuckDBPyRelation, alike: DuckDBPyRelation) -> DuckDBPyRelation:
    """The orders, as if those that are alike stood in their first file only."""
    once = alike.project(ColumnExpression(ORDER), ColumnExpression("same")).set_alias("once")
    joined = orders.set_alias("all orders").join(once, ORDER, how="left")
    last = CaseExpression(ColumnExpression("same"), ColumnExpression(FIRST)).otherwise(ColumnExpression(LAST))
    return joined.project(duckdb.StarExpression(exclude=[LAST, "same"]), last.alias(LAST))


def _blocked(lines: DuckDBPyRelation, orders: DuckDBPyRelation) -> DuckDBPyRelation:
    """KEY and BLOCKED, the first rule that an order breaks; of two files with their numbers."""
    first, last = ColumnExpression(FIRST), ColumnExpression(LAST)
    both_files = call("concat_ws", text(" "), text("two files"), first, last)
    rule = CaseExpression(first < last, both_files)
    for name in ("two buyers", "days apart", "signs"):
        rule = rule.when(ColumnExpression(name), text(name))
    by_own_lines = orders.project(ColumnExpression(ORDER), rule.alias(BLOCKED))
    broken = by_own_lines.filter(ColumnExpression(BLOCKED).is_not_null())
    cancelled = orders.filter(ColumnExpression("cancelled")).project(ColumnExpression(ORDER).alias(ORIGIN))
    if cancelled.limit(1).fetchall():
        origin = duckdb.CoalesceOperator(ColumnExpression("original_order_id"), ColumnExpression(ORDER))
        refunds = lines.filter(ColumnExpression("kind") == text("refund"))
        of_orders = refunds.project(ColumnExpression(ORDER), origin.alias(ORIGIN)).set_alias("refunds")
        wrong = (
            of_orders.join(cancelled.set_alias("cancelled orders"), ORIGIN, how="semi")
            .project(ColumnExpression(ORDER))
            .distinct()
        )
        broken = broken.union(wrong.project(ColumnExpression(ORDER), text("cancelled order").alias(BLOCKED)))
    # The rules of an order's own lines say more than that of the other order: theirs come later in the alphabet.
    one = broken.aggregate([ColumnExpression(ORDER), call("max", ColumnExpression(BLOCKED)).alias(BLOCKED)])
    return one.project(key((ORDER,)).alias(KEY), ColumnExpression(BLOCKED))


def _checks(blocked: DuckDBPyRelation, files: Sequence[str | Message], mapping: TableMapping) -> Iterator[Check]:
    """The rules that orders break, with the number of such orders in the reason."""
    counted = blocked.aggregate([ColumnExpression(BLOCKED), call("count_star").alias("orders")]).fetchall()
    counts: dict[str, int] = dict(counted)
    code = duckdb.CoalesceOperator(ColumnExpression(BLOCKED), text(""))
    for rule, (column, reason) in REASONS.items():
        if rule in counts:
            yield Check(column, rule, code == text(rule), Message(reason.text, {"orders": counts[rule]}))
    pairs = sorted((name for name in counts if name.startswith("two files ")), key=lambda name: (-counts[name], name))
    for pair in pairs[:MOST_PAIRS]:
        first, last = (files[int(number)] for number in pair.split()[2:])
        yield Check(ORDER, "two files", code == text(pair), _in_both(first, last, counts[pair], mapping))
    if rest := pairs[MOST_PAIRS:]:
        reason = message(
            "The order stands in more than one file ({orders} orders do). Export the files without overlap.",
            orders=sum(counts[pair] for pair in rest),
        )
        yield Check(ORDER, "two files", code.isin(*map(text, rest)), reason)


def _in_both(first: str | Message, last: str | Message, orders: int, mapping: TableMapping) -> Message:
    if mapping.overlap == "keep_one":
        return message(
            "The order stands in {first} and in {last} with different lines ({orders} orders do). Keep it in the file "
            "that is right.",
            first=first,
            last=last,
            orders=orders,
        )
    return message(
        "The order stands in {first} and in {last} ({orders} orders do), and would count twice. Export the files "
        "without overlap, or say overlap = 'keep_one' in the mapping.",
        first=first,
        last=last,
        orders=orders,
    )


REASONS = {
    "two buyers": (
        BUYER,
        message(
            "The lines of the order name different buyers ({orders} orders do). Two orders must not have the same "
            "order_id."
        ),
    ),
    "days apart": (
        "ordered_at",
        message(
            "The sale lines of the order lie more than one day apart ({orders} orders do). Two orders must not have "
            "the same order_id; where lines carry their own dates, say lines_carry_dates = true in the mapping."
        ),
    ),
    "signs": (
        "net_amount",
        message(
            "A line of the order has the wrong sign ({orders} orders do): a refund above 0, or a sale whose quantity "
            "and amount differ in sign. Mend it; where all refunds are written above 0, say negate_refunds = true in "
            "the mapping."
        ),
    ),
    "cancelled order": (
        ORDER,
        message(
            "It gives back a cancelled order, which brought nothing ({orders} orders do). Take the refund out, or mend "
            "the status of the order."
        ),
    ),
}
"""The column that a rule is told at, and the sentence, which lacks the number of orders."""


def _mended_rows(orders: DuckDBPyRelation) -> tuple[int, ...]:
    sums = [call("sum", ColumnExpression(f"{name} mended")).alias(name) for name in KEYS]
    (rows,) = orders.aggregate(sums).fetchall()
    return tuple(int(each or 0) for each in rows)


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([call("count_star").alias(ROWS)]).fetchall()
    return int(number)
