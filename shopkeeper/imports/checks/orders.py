"""Orders over all files of an import at once: none counts twice, and no two become one in silence.

A rule that an order breaks keeps out all of its lines, because nobody here knows which of them are right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from pathlib import Path
from uuid import uuid4

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
from shopkeeper.imports.checks.good_rows import with_good_rows
from shopkeeper.imports.checks.guests import with_one_guest
from shopkeeper.imports.checks.keys import key_warnings, mending_warnings
from shopkeeper.imports.checks.lines import KEYS, MARKS, MENDED, lines_of, unmended
from shopkeeper.imports.checks.overlap import (
    FIRST,
    LAST,
    ORDER,
    ROWS,
    alike,
    but_for,
    files_of_order,
    part_names,
    part_numbers,
    without_copies,
)
from shopkeeper.imports.checks.rules import FIRST_DAY, Check, Terms
from shopkeeper.imports.checks.signs import above_zero, negated, spread, takes_off, without_spread, without_units
from shopkeeper.imports.checks.split import BLOCKED, KEY, key
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.messages import Message, message

ONE_DAY = timedelta(days=1)
MOST_PAIRS = 20
"""So many pairs of files are named, those with most orders in common first."""
BUYER, ACCOUNT, ORIGIN = "customer_id", "account_id", "origin"
FIRST_ORIGIN, LAST_ORIGIN = "first origin", "last origin"
BELOW_ZERO = "signs of a discount"
"""A sale line with units above 0 and money below it: told by what the mapping says of discount lines."""


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
    """Hold all order lines of an import against the rules of orders; what rows are good by themselves is written into
    `scratch`, where `split` looks for it."""
    made, warnings = _mended_signs(connection, with_one_guest(connection, opened), mapping)
    opened = [
        with_good_rows(connection, each, ORDER_LINES, KEYS, scratch / f"{number}.good.parquet")
        for number, each in enumerate(made)
    ]
    parts = part_numbers(opened)
    lines = reduce(DuckDBPyRelation.union, (lines_of(part, each) for part, each in zip(parts, opened, strict=True)))
    orders = _kept(connection, _orders(lines, mapping, terms, opened), "orders")
    twice = orders.filter(ColumnExpression(FIRST) < ColumnExpression(LAST)).project(ColumnExpression(ORDER))
    if mapping.overlap == "keep_one" and _rows(twice):
        same = _kept(connection, alike(opened, parts, twice), "alike")
        opened, copies = without_copies(opened, parts, same)
        if copies:
            warnings.append(
                message(
                    "{orders} orders stand in more than one file with the same lines; they were taken once, and "
                    "{rows} rows left out.",
                    orders=_rows(same),
                    rows=copies,
                )
            )
        orders = but_for(orders, same)
    blocked = _kept(connection, _blocked(lines, orders), "blocked_orders")
    checks = tuple(_checks(blocked, part_names(opened), mapping))
    warnings += [
        *mending_warnings(KEYS, _mended_rows(orders)),
        *key_warnings(orders),
    ]
    return CheckedOrders(tuple(opened), blocked if checks else None, checks, tuple(warnings))


def _mended_signs(
    connection: DuckDBPyConnection, opened: Sequence[Candidates], mapping: TableMapping
) -> tuple[list[Candidates], list[Message]]:
    """The files with refunds and discount lines as the mapping says that they are meant."""
    made, warnings = negated(opened) if mapping.negate_refunds else (list(opened), [])
    if mapping.discount_lines == "keep":
        made, said = without_units(made)
        warnings += said
    if mapping.discount_lines == "spread":
        gone = 0
        for number, each in enumerate(made):
            rows = _kept(connection, spread(each), f"spread_{number}")
            made[number], lines = without_spread(each, rows)
            gone += lines
        if gone:
            warnings.append(message("{rows} discount lines were shared out over the goods of their orders.", rows=gone))
    return made, warnings


def _kept(connection: DuckDBPyConnection, relation: DuckDBPyRelation, name: str) -> DuckDBPyRelation:
    """A table of what would else be made anew by each question to it; it spills to disk where it is large."""
    # A path would not do as a name: what follows a dot in it would be taken for a table in a schema.
    table = f"{name}_{uuid4().hex}"
    relation.create(table)
    return connection.table(table)


def _orders(
    lines: DuckDBPyRelation, mapping: TableMapping, terms: Terms, opened: Sequence[Candidates]
) -> DuckDBPyRelation:
    """One row per order: its files, a buyer, and which rules its own lines break.

    What is the same for all orders is not reckoned for each: there may be millions.
    """
    buyer, account, status = (ColumnExpression(name) for name in (BUYER, ACCOUNT, "kind"))
    sale, back = status == text("sale"), status == text("refund")
    # A day that cannot be true is told of as such, and says nothing of the order's other lines.
    time = ColumnExpression("ordered_at")
    possible = (time >= ConstantExpression(FIRST_DAY)) & (time < ConstantExpression(terms.not_after))
    quantity, amount, zero = ColumnExpression("quantity"), ColumnExpression("net_amount"), ConstantExpression(0)
    # Units that came back are no sale, whatever the file calls their line.
    sold_at = CaseExpression(sale & possible & ~((quantity < zero) & (amount < zero)), time)
    against = (quantity < zero) & (amount > zero)
    origin = CaseExpression(back, _origin())
    apart = call("max", sold_at) - call("min", sold_at) > ConstantExpression(ONE_DAY)
    one_file = len(part_names(opened)) == 1
    as_written = all(each.good and each.good.is_as_written for each in opened)
    by_order = lines.aggregate(
        [
            ColumnExpression(ORDER),
            *([] if one_file else files_of_order(back)),
            call("min", buyer).alias(BUYER),
            _differ(buyer).alias("two buyers"),
            (call("min", buyer).isnull() & _differ(account)).alias("two accounts"),
            (apart & ConstantExpression(not mapping.lines_carry_dates)).alias("days apart"),
            call("bool_or", (sale & against) | (back & above_zero())).alias("signs"),
            call("bool_or", sale & takes_off()).alias(BELOW_ZERO),
            (call("bool_or", status == text("cancelled")) & ~call("bool_or", sale)).alias("cancelled"),
            *(call(name, origin).alias(column) for name, column in (("min", FIRST_ORIGIN), ("max", LAST_ORIGIN))),
            *([] if as_written else _mended_in_order()),
        ]
    )
    files = [ConstantExpression(0).alias(name) for name in (FIRST, LAST)]
    return by_order.project(duckdb.StarExpression(), *(files if one_file else ()), *(unmended() if as_written else ()))


def _mended_in_order() -> list[Expression]:
    counts = [call("count_if", ColumnExpression(name)).alias(name) for name in MENDED]
    return [*counts, *(call("max", ColumnExpression(name)).alias(name) for name in MARKS)]


def _differ(name: Expression) -> Expression:
    """Whether an order has several, told by their hashes of 64 bits: texts take longer to compare."""
    number = CaseExpression(name.is_not_null(), call("hash", name))
    return call("min", number) != call("max", number)


def _blocked(lines: DuckDBPyRelation, orders: DuckDBPyRelation) -> DuckDBPyRelation:
    """KEY and BLOCKED, the first rule that an order breaks; of two files with their numbers."""
    first, last = ColumnExpression(FIRST), ColumnExpression(LAST)
    both_files = call("concat_ws", text(" "), text("two files"), first, last)
    rule = CaseExpression(first < last, both_files)
    for name in ("two buyers", "two accounts", "days apart", "signs", BELOW_ZERO):
        rule = rule.when(ColumnExpression(name), text(name))
    by_own_lines = orders.project(ColumnExpression(ORDER), rule.alias(BLOCKED))
    broken = by_own_lines.filter(ColumnExpression(BLOCKED).is_not_null())
    cancelled = orders.filter(ColumnExpression("cancelled")).project(ColumnExpression(ORDER).alias(ORIGIN))
    if cancelled.limit(1).fetchall():
        wrong = (
            _given_back(lines, orders)
            .set_alias("refunds")
            .join(cancelled.set_alias("cancelled orders"), ORIGIN, how="semi")
            .project(ColumnExpression(ORDER))
            .distinct()
        )
        broken = broken.union(wrong.project(ColumnExpression(ORDER), text("cancelled order").alias(BLOCKED)))
    # The rules of an order's own lines say more than that of the other order: theirs come later in the alphabet.
    one = broken.aggregate([ColumnExpression(ORDER), call("max", ColumnExpression(BLOCKED)).alias(BLOCKED)])
    return one.project(key((ORDER,)).alias(KEY), ColumnExpression(BLOCKED))


def _given_back(lines: DuckDBPyRelation, orders: DuckDBPyRelation) -> DuckDBPyRelation:
    """Orders with refund lines, and the orders that these give back. Only where an order's lines give back several are
    they read again."""
    order, first, last = (ColumnExpression(name) for name in (ORDER, FIRST_ORIGIN, LAST_ORIGIN))
    if not orders.filter(first < last).limit(1).fetchall():
        return orders.filter(first.is_not_null()).project(order, first.alias(ORIGIN))
    return lines.filter(ColumnExpression("kind") == text("refund")).project(order, _origin().alias(ORIGIN))


def _origin() -> Expression:
    """What a refund line gives back: the order that it names, else its own."""
    return duckdb.CoalesceOperator(ColumnExpression("original_order_id"), ColumnExpression(ORDER))


def _checks(blocked: DuckDBPyRelation, files: Sequence[str | Message], mapping: TableMapping) -> Iterator[Check]:
    """The rules that orders break, with the number of such orders in the reason."""
    counted = blocked.aggregate([ColumnExpression(BLOCKED), call("count_star").alias("orders")]).fetchall()
    counts: dict[str, int] = dict(counted)
    code = duckdb.CoalesceOperator(ColumnExpression(BLOCKED), text(""))
    for rule, (column, reason) in REASONS.items():
        if rule in counts:
            yield Check(column, rule, code == text(rule), Message(reason.text, {"orders": counts[rule]}))
    if BELOW_ZERO in counts:
        reason = TOO_MUCH_OFF if mapping.discount_lines else MONEY_TAKEN_OFF
        below_zero = code == text(BELOW_ZERO)
        yield Check("net_amount", "signs", below_zero, Message(reason.text, {"orders": counts[BELOW_ZERO]}))
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
    "two accounts": (
        ACCOUNT,
        message(
            "The lines of the order name different accounts ({orders} orders do), and no customer. Two orders must not "
            "have the same order_id."
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
            "A line of the order has the wrong sign ({orders} orders do): a refund above 0, or a sale of units below 0 "
            "with money above it. Mend it; where all refunds are written above 0, say negate_refunds = true in the "
            "mapping."
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
MONEY_TAKEN_OFF = message(
    "A sale line of the order has units above 0 and an amount below it ({orders} orders do). Mend it; where such lines "
    "are vouchers or discounts, say discount_lines = 'spread' or 'keep' in the mapping."
)
TOO_MUCH_OFF = message(
    "The discount lines of the order take off more than its goods bring ({orders} orders do). Mend it, or say "
    "discount_lines = 'keep' in the mapping."
)


def _mended_rows(orders: DuckDBPyRelation) -> tuple[int, ...]:
    sums = [call("sum", ColumnExpression(name).cast("BIGINT")).alias(name) for name in MENDED]
    (rows,) = orders.aggregate(sums).fetchall()
    return tuple(int(each or 0) for each in rows)


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([call("count_star").alias(ROWS)]).fetchall()
    return int(number)
