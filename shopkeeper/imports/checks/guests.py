"""Buyers of lines that name none: whoever has the line's phone, else its e-mail; one buyer for the whole order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from uuid import uuid4

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    StarExpression,
)

from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.pseudonyms import GUEST, key_column
from shopkeeper.imports.checks.terms import call

ORDER, BUYER, SHOWN = "order_id", "customer_id", "customer_id="
CONTACTS = ("phone", "email")
GUEST_OF_ORDER = "guest of order"


def with_one_guest(connection: DuckDBPyConnection, opened: Sequence[Candidates]) -> list[Candidates]:
    """The files with one guest for each order whose lines have different contacts of one person.

    They are one person's where no two lines contradict each other, each kind of contact having one value in the order,
    or where all lines share a phone or an e-mail. Orders with a line that names its buyer are left as they are.
    """
    of_guests = [each for each in opened if GUEST in each.rows.columns]
    if not all(any(kind in each.kinds for each in of_guests) for kind in CONTACTS):
        return list(opened)
    lines = reduce(DuckDBPyRelation.union, (_lines(number, each) for number, each in enumerate(of_guests)))
    # A table, because each question to a relation would type the files anew.
    name = f"guests_{uuid4().hex}"
    _joined(lines).create(name)
    guests = connection.table(name)
    if not guests.limit(1).fetchall():
        return list(opened)
    return [_with(each, guests) if GUEST in each.rows.columns else each for each in opened]


def _lines(number: int, candidates: Candidates) -> DuckDBPyRelation:
    """The lines that have a buyer, with their contacts, and their place among all files."""
    contacts = [
        (ColumnExpression(key_column(kind)) if kind in candidates.kinds else ConstantExpression(None))
        .cast("VARCHAR")
        .alias(kind)
        for kind in CONTACTS
    ]
    named = candidates.rows.filter(ColumnExpression(BUYER).is_not_null() & ColumnExpression(ORDER).is_not_null())
    columns = [ColumnExpression(name) for name in (ORDER, BUYER, GUEST, "line")]
    return named.project(*columns, ConstantExpression(number).alias("file"), *contacts)


def _joined(lines: DuckDBPyRelation) -> DuckDBPyRelation:
    """Orders whose guests are several and one person, and who that is."""
    buyer = ColumnExpression(BUYER)
    number = ColumnExpression("file").cast("HUGEINT") * ConstantExpression(2**40) + ColumnExpression("line")
    parts: list[Expression] = [
        (call("min", buyer) != call("max", buyer)).alias("several"),
        call("bool_and", ColumnExpression(GUEST)).alias("guests only"),
    ]
    for kind in CONTACTS:
        contact = ColumnExpression(kind)
        parts.append(call("arg_min", contact, number).alias(kind))
        parts.append(call("count", contact).alias(f"lines with {kind}"))
        differ = CoalesceOperator(call("min", contact) != call("max", contact), ConstantExpression(False))
        parts.append(differ.alias(f"several of {kind}"))
    parts.append(call("count_star").alias("lines"))
    by_order = lines.aggregate([ColumnExpression(ORDER), *parts])
    alone = {kind: ~ColumnExpression(f"several of {kind}") for kind in CONTACTS}
    shared = [alone[kind] & (ColumnExpression(f"lines with {kind}") == ColumnExpression("lines")) for kind in CONTACTS]
    one = (alone["phone"] & alone["email"]) | shared[0] | shared[1]
    guest = CoalesceOperator(*map(ColumnExpression, CONTACTS)).alias(GUEST_OF_ORDER)
    is_one = ColumnExpression("several") & ColumnExpression("guests only") & one
    return by_order.filter(is_one).project(ColumnExpression(ORDER), guest)


def _with(candidates: Candidates, guests: DuckDBPyRelation) -> Candidates:
    """The file's lines with the guests of their orders; what a check may show of them with it."""
    rows = candidates.rows.set_alias("lines of guests").join(guests.set_alias("guests of orders"), ORDER, how="left")
    buyer, shown = ColumnExpression(BUYER), ColumnExpression(SHOWN)
    guest = CaseExpression(ColumnExpression(GUEST) & buyer.is_not_null(), ColumnExpression(GUEST_OF_ORDER))
    made = CoalesceOperator(guest, buyer)
    displayed = CaseExpression(shown == buyer, made).otherwise(shown)
    star = StarExpression(exclude=[BUYER, SHOWN, GUEST_OF_ORDER])
    return replace(candidates, rows=rows.project(star, made.alias(BUYER), displayed.alias(SHOWN)))
