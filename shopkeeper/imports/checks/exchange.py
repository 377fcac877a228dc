"""Amounts in other currencies turned into the shop's, at the rate of the day or the last one before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

from shopkeeper.contract.table import MONEY, Column, Table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.expressions import Clock, column_term, typed
from shopkeeper.imports.checks.lookups import last_of
from shopkeeper.imports.checks.rules import Check, Terms
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.mapping.declared import ColumnMapping, Exchange, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.readers.reading import Reading, open_file
from shopkeeper.messages import Message, message

LONGEST_DAYS = 7
FOREIGN, START, END, RATE = "rate currency", "rate from", "rate until", "rate"
AMOUNTS = ("net_amount", "unit_cost", "discount", "tax", "shipping")


@dataclass(frozen=True)
class Rates:
    """One row per FOREIGN currency and day that has a rate: it holds from START until before END."""

    relation: DuckDBPyRelation


def open_rates(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    beside: Sequence[InputFile],
    scratch: Path,
    terms: Terms,
    *,
    chinese: bool,
    newest: bool = False,
) -> Rates | None:
    """Open the table of rates; `None` where the mapping declares none. With `newest`, the last file's rate counts.

    Raise `Refused` where its files are missing, or a row has no day, currency or rate above 0, or two differ.
    """
    exchange = mapping.exchange
    if exchange is None:
        return None
    files = [file for file in beside if file.lookup == Exchange.NAME]
    if not files:
        raise Refused(
            message(
                "The mapping reads exchange rates, but no file given fits {patterns}. Give it too.",
                patterns=", ".join(map(repr, exchange.files)),
            )
        )
    scratch.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, file in enumerate(files):
        own = TableMapping(mapping.name, (), layout=exchange.layout, aliases=exchange.aliases)
        reading = open_file(connection, file, own, scratch / f"rates-{number}", chinese=chinese)
        parts.append(_rates_of(reading, exchange, terms))
    rates = (last_of(parts, [FOREIGN, START]) if newest else reduce(DuckDBPyRelation.union, parts)).distinct()
    day, currency = ColumnExpression(START), ColumnExpression(FOREIGN)
    twice = rates.aggregate([currency, day, call("count_star").alias("n")]).filter(
        ColumnExpression("n") > ConstantExpression(1)
    )
    if first := twice.sort(currency, day).limit(1).fetchall():
        raise Refused(
            message(
                "There are two rates for {currency} on {day}. Keep the one that is right.",
                currency=first[0][0],
                day=first[0][1],
            )
        )
    following = call("lead", day).over(partition_by=currency, order_by=day)
    last = (day + ConstantExpression(LONGEST_DAYS + 1)).cast("DATE")
    until = call("least", duckdb.CoalesceOperator(following, last), last).alias(END)
    path = scratch / "rates.parquet"
    rates.project(currency, day, until, ColumnExpression(RATE)).write_parquet(str(path))
    return Rates(connection.read_parquet(str(path)))


def _rates_of(reading: Reading, exchange: Exchange, terms: Terms) -> DuckDBPyRelation:
    clock = Clock(terms.shop.timezone, "", cells=True)
    parts = []
    named = (
        (exchange.day, Column(START, "DATE", "")),
        (exchange.currency, Column(FOREIGN, "VARCHAR", "")),
        (exchange.rate, Column(RATE, "DOUBLE", "")),
    )
    for name, contract in named:
        column = reading.column(name)
        if column is None:
            raise Refused(
                message(
                    "{file} has no column {name}, which the mapping reads there. Mend the file or the mapping.",
                    file=reading.file.name,
                    name=repr(name),
                )
            )
        options = ColumnMapping(contract.name, SourceColumn(name), round=True)
        read = typed(column_term(column.id, column.type), contract, options, clock)
        parts.append(read.value.alias(contract.name))
    rows = reading.relation.project(ColumnExpression("line"), *parts)
    rate = ColumnExpression(RATE)
    is_usable = duckdb.CoalesceOperator(rate > ConstantExpression(0), ConstantExpression(False))
    unusable = rows.filter(ColumnExpression(START).is_null() | ColumnExpression(FOREIGN).is_null() | ~is_usable)
    if lines := unusable.sort(ColumnExpression("line")).limit(1).fetchall():
        raise Refused(
            message(
                "{file}: record {line} has no day, no currency or no rate above 0. Mend it and import again.",
                file=reading.file.name,
                line=lines[0][0],
            )
        )
    return rows.project(call("upper", ColumnExpression(FOREIGN)).alias(FOREIGN), ColumnExpression(START), rate)


def in_own_currency(opened: Candidates, rates: Rates, contract: Table, terms: Terms) -> Candidates:
    """The rows with their amounts in the shop's currency, rounded to the contract's four decimals.

    A row without a rate of its day, or of the seven days before it, is rejected.
    """
    currency, own = ColumnExpression("currency"), text(terms.shop.currency)
    day = ColumnExpression("ordered_at").cast("DATE")
    holds = (
        (call("upper", currency) == ColumnExpression(FOREIGN))
        & (day >= ColumnExpression(START))
        & (day < ColumnExpression(END))
    )
    rows = opened.rows.set_alias("lines").join(rates.relation.set_alias("rates"), holds, how="left")
    is_foreign = duckdb.CoalesceOperator(currency != own, ConstantExpression(False))
    rate = ColumnExpression(RATE)
    parts = []
    for column in contract.columns:
        value = ColumnExpression(column.name)
        if column.name in AMOUNTS:
            converted = call("round", value.cast("DOUBLE") * rate, ConstantExpression(4)).try_cast(MONEY)
            value = CaseExpression(is_foreign, converted).otherwise(value).alias(column.name)
        elif column.name == "currency":
            value = CaseExpression(is_foreign & rate.is_not_null(), own).otherwise(currency).alias("currency")
        parts.append(value)
    made = (*(column.name for column in contract.columns), FOREIGN, START, END, RATE)
    missing = (is_foreign & rate.is_null()).alias("rate missing")
    mended = rows.project(*parts, duckdb.StarExpression(exclude=list(made)), missing, is_foreign.alias("foreign"))
    reason = message(
        "There is no rate for its currency on its day or in the {days} days before it. Add it to the rates.",
        days=LONGEST_DAYS,
    )
    check = Check("currency", "no rate", ColumnExpression("rate missing"), reason)
    # An amount without a rate is not unreadable: the missing rate is what is wrong.
    others = tuple(
        replace(each, broken=each.broken & ~ColumnExpression("rate missing"))
        if each.column in (*AMOUNTS, "currency")
        else each
        for each in opened.checks
    )
    return replace(opened, rows=mended, checks=(check, *others))


def converted_lines(opened: Sequence[Candidates]) -> Iterator[Message]:
    """How many lines were in another currency."""
    count = 0
    for each in opened:
        foreign = call("count_if", ColumnExpression("foreign") & ~ColumnExpression("rate missing")).alias("n")
        ((lines,),) = each.rows.aggregate([foreign]).fetchall()
        count += int(lines)
    if count:
        yield message("{count} lines were in another currency, and were converted at the rates given.", count=count)
