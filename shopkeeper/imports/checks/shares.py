"""An order's amount shared out over its lines, to the cent: largest remainders (Hamilton's method)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import MONEY
from shopkeeper.imports.checks.expressions import term
from shopkeeper.imports.checks.numbers import number
from shopkeeper.imports.checks.rules import Check
from shopkeeper.imports.checks.terms import CheckedValue, call
from shopkeeper.imports.mapping.declared import ColumnMapping
from shopkeeper.imports.mapping.rules import Arithmetic, FirstOf, Joined, Rule, Share, SourceColumn, holds_share
from shopkeeper.messages import message

ORDER, GROUP = "share order", "share group"
AMOUNT, WEIGHT, UNREADABLE = "amount read", "weight read", "unreadable there"
PART, STAR = ColumnExpression, duckdb.StarExpression()
ZERO, ONE = ConstantExpression(0), ConstantExpression(1)
CENT, HUNDREDTH_OF_CENT = 100, 10_000
"""Units of the currency's: cents, unless the amount says less than one."""
AGAINST, BELOW = "shares against their lines", "discount below zero"
"""Of each line: whether an amount of its order has not the sign of the lines that share it; whether what was shared out
makes the lines of its order dearer than they are."""
ONE_CENT = ConstantExpression("0.01").cast(MONEY)


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
    """The rows with `share n` DECIMAL(18,4) for each share, as `share_out` makes it, and AGAINST; `order`: what makes
    lines one."""
    if not shares:
        return relation
    relation = relation.project(duckdb.StarExpression(), order.alias(ORDER), ConstantExpression(False).alias(AGAINST))
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
    # Read once, in a projection of their own: an expression is written out wherever it stands.
    read = relation.project(
        STAR,
        amount.value.alias(AMOUNT),
        by.value.alias(WEIGHT),
        amount.is_filled.alias(f"{AMOUNT}?"),
        by.is_filled.alias(f"{WEIGHT}?"),
    )
    unreadable = [PART(f"{each}?") & PART(each).is_null() for each in (AMOUNT, WEIGHT)]
    signed = read.project(
        duckdb.StarExpression(exclude=[AGAINST, f"{AMOUNT}?", f"{WEIGHT}?"]),
        (PART(AGAINST) | _is_against(PART(AMOUNT), PART(WEIGHT))).alias(AGAINST),
        (unreadable[0] | unreadable[1]).alias(UNREADABLE),
    )
    shared = share_out(signed, name, PART(ORDER), PART(AMOUNT), PART(UNREADABLE), PART(WEIGHT))
    return shared.project(duckdb.StarExpression(exclude=[AMOUNT, WEIGHT, UNREADABLE]))


def _is_against(amount: Expression, weight: Expression) -> Expression:
    """Whether an order's amount is below 0 and its lines come to more than 0, or the other way round.

    Amounts that differ from line to line are told of as such.
    """
    order = PART(ORDER)
    signs = call("sign", amount.max().over(partition_by=order)) * call("sign", weight.sum().over(partition_by=order))
    return duckdb.CoalesceOperator(signs < ZERO, ConstantExpression(False))


def with_discounts(rows: DuckDBPyRelation, mapped: Mapping[str, ColumnMapping]) -> DuckDBPyRelation:
    """Order lines with BELOW, where a share is in their discount.

    A cent a line is what rounding may leave.
    """
    if not _is_shared(mapped, "discount"):
        return rows
    order, quantity, discount = (PART(name) for name in ("order_id", "quantity", "discount"))
    sold = CaseExpression(quantity > ZERO, discount).when(quantity < ZERO, -discount)
    taken_off, lines = (each.over(partition_by=order) for each in (sold.sum(), sold.count()))
    below = duckdb.CoalesceOperator(taken_off < -ONE_CENT * lines, ConstantExpression(False))
    return rows.project(STAR, below.alias(BELOW)).sort(PART("line"))


def share_checks(mapped: Mapping[str, ColumnMapping]) -> Iterator[Check]:
    """The rules of what an order's lines share, told at the first column that they share in, else at the discount."""
    columns = [name for name in mapped if _is_shared(mapped, name)]
    if columns:
        yield Check(
            columns[0],
            "signs",
            PART(AGAINST),
            message(
                "An amount of its order is below 0 while its lines are above, or above 0 while they are below. Mend "
                "the amount; where all are written so, take it off 0 with difference in the mapping."
            ),
        )
    if "discount" in columns:
        yield Check(
            "discount",
            "signs",
            PART(BELOW) & ~PART(AGAINST),
            message(
                "The amount of its order is more than its lines come to, so that its discount would be below 0. Mend "
                "the amount, or give all lines of the order."
            ),
        )


def _is_shared(mapped: Mapping[str, ColumnMapping], name: str) -> bool:
    return name in mapped and holds_share(mapped[name].rule)


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
