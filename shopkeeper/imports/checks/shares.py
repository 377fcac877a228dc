"""An order's amount shared out over its lines, to the cent: largest remainders (Hamilton's method)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import MONEY
from shopkeeper.imports.checks.expressions import term
from shopkeeper.imports.checks.numbers import number
from shopkeeper.imports.checks.terms import CheckedValue, call
from shopkeeper.imports.mapping.declared import ColumnMapping
from shopkeeper.imports.mapping.rules import Arithmetic, FirstOf, Joined, Rule, Share, SourceColumn

ORDER, GROUP = "share order", "share group"
PART, STAR = ColumnExpression, duckdb.StarExpression()
ZERO, ONE = ConstantExpression(0), ConstantExpression(1)
CENT, HUNDREDTH_OF_CENT = 100, 10_000
"""Units of the currency's: cents, unless the amount says less than one."""


def without_shares(rule: Rule, shares: list[Share]) -> Rule:
    """The rule with a column of its own for each share, which is added to `shares`."""
    match rule:
        case Share():
            shares.append(rule)
            return SourceColumn(column_of(len(shares) - 1))
        case Arithmetic() | FirstOf() | Joined():
            return replace(rule, operands=tuple(without_shares(part, shares) for part in rule.operands))
        case _:
            return rule


def column_of(number: int) -> str:
    """The name of a share's column; no file has one like it."""
    return f"share {number}"


def with_shares(
    relation: DuckDBPyRelation,
    shares: Sequence[tuple[Share, ColumnMapping]],
    of_file: Callable[[str], CheckedValue],
    order: Expression,
) -> DuckDBPyRelation:
    """The rows with `share n` DECIMAL(18,4) for each share, as `share_out` makes it; `order`: what makes lines one."""
    if not shares:
        return relation
    relation = relation.project(duckdb.StarExpression(), order.alias(ORDER))
    for place, (share, options) in enumerate(shares):
        relation = _shared(relation, column_of(place), share, options, of_file)
    return relation.project(duckdb.StarExpression(exclude=[ORDER])).sort(ColumnExpression("line"))


def _shared(
    relation: DuckDBPyRelation,
    name: str,
    share: Share,
    options: ColumnMapping,
    of_file: Callable[[str], CheckedValue],
) -> DuckDBPyRelation:
    plain = replace(options, scale=1)
    amount = number(term(share.amount, of_file, plain), MONEY, plain)
    by = number(term(share.by, of_file, plain), MONEY, replace(plain, round=True))
    unreadable = (amount.is_filled & amount.value.is_null()) | (by.is_filled & by.value.is_null())
    return share_out(relation, name, PART(ORDER), amount.value, unreadable, by.value)


def share_out(
    relation: DuckDBPyRelation,
    name: str,
    group: Expression,
    amount: Expression,
    unreadable: Expression,
    weight: Expression,
) -> DuckDBPyRelation:
    """The rows, which have a `line`, with `name` DECIMAL(18,4): each one's part of the amount that its group says.

    NULL where the rows of a group say different amounts, or where of one of them something is `unreadable`; 0 where
    none says any. A weight below 0, or none, counts as 0, unless no row's is above: then their sizes count; are all 0,
    rows share alike. Of equal remainders the first line's is rounded up.
    """
    said = relation.project(
        STAR,
        group.alias(GROUP),
        amount.alias("amount"),
        unreadable.alias("unreadable"),
        duckdb.CoalesceOperator(weight, ZERO).cast(MONEY).alias("weight"),
    )
    above = PART("weight").max().over(partition_by=PART(GROUP)) > ZERO
    sized = CaseExpression(above, call("greatest", PART("weight"), ZERO)).otherwise(call("abs", PART("weight")))
    weighed = said.project(duckdb.StarExpression(exclude=["weight"]), sized.cast(MONEY).alias("weight"))
    return _by_largest_remainder(_of_order(weighed), name)


def _of_order(said: DuckDBPyRelation) -> DuckDBPyRelation:
    """With `agreed`, the group's amount, its `scale` into whole units, and `weight units`, which are never all 0."""
    order = PART(GROUP)
    of_order = said.project(
        duckdb.StarExpression(exclude=["amount", "unreadable"]),
        PART("amount").min().over(partition_by=order).alias("least"),
        PART("amount").max().over(partition_by=order).alias("most"),
        call("bool_or", PART("unreadable")).over(partition_by=order).alias("unreadable"),
        PART("weight").sum().over(partition_by=order).alias("total weight"),
    )
    agreed = CaseExpression((PART("least") == PART("most")) & ~PART("unreadable"), PART("most"))
    nothing = PART("most").is_null() & ~PART("unreadable")
    cents = PART("agreed") * ConstantExpression(CENT)
    in_cents = CaseExpression(cents == cents.cast("BIGINT"), ConstantExpression(CENT))
    weight = PART("weight") * ConstantExpression(HUNDREDTH_OF_CENT)
    return of_order.project(
        duckdb.StarExpression(exclude=["least", "most", "unreadable"]),
        CaseExpression(nothing, ZERO.cast(MONEY)).otherwise(agreed).alias("agreed"),
    ).project(
        duckdb.StarExpression(exclude=["weight", "total weight"]),
        in_cents.otherwise(ConstantExpression(HUNDREDTH_OF_CENT)).alias("scale"),
        CaseExpression(PART("total weight") == ZERO, ONE).otherwise(weight).cast("HUGEINT").alias("weight units"),
    )


def _by_largest_remainder(scaled: DuckDBPyRelation, name: str) -> DuckDBPyRelation:
    order = PART(GROUP)
    units = scaled.project(
        STAR,
        (call("abs", PART("agreed")) * PART("scale")).cast("HUGEINT").alias("units"),
        PART("weight units").sum().over(partition_by=order).cast("HUGEINT").alias("all units"),
    )
    product = PART("units") * PART("weight units")
    parts = units.project(
        STAR,
        call("divide", product, PART("all units")).alias("whole"),
        call("mod", product, PART("all units")).alias("rest"),
    )
    place = call("row_number").over(partition_by=order, order_by=[PART("rest").desc(), PART("line")])
    left = PART("units") - PART("whole").sum().over(partition_by=order)
    ranked = parts.project(STAR, left.alias("left"), place.alias("place"))
    more = CaseExpression(PART("place") <= PART("left"), ONE).otherwise(ZERO)
    cent, less = (ConstantExpression(each).cast("DECIMAL(5,4)") for each in ("0.0100", "0.0001"))
    unit = CaseExpression(PART("scale") == ConstantExpression(CENT), cent).otherwise(less)
    size = (PART("whole") + more).cast("DECIMAL(22,0)") * unit
    value = CaseExpression(PART("agreed") < ZERO, -size).otherwise(size)
    made = [GROUP, "agreed", "scale", "weight units", "units", "all units", "whole", "rest", "left", "place"]
    return ranked.project(duckdb.StarExpression(exclude=made), value.cast(MONEY).alias(name))
