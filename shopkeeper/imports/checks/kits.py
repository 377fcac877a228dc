"""Kits and bundles: a line of one becomes lines of its components, which share its amounts to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

from shopkeeper.contract.table import MONEY, Column, Table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.candidates import Candidates
from shopkeeper.imports.checks.expressions import Clock, as_text, column_term, typed
from shopkeeper.imports.checks.split import PART
from shopkeeper.imports.checks.terms import call
from shopkeeper.imports.checks.texts import mended
from shopkeeper.imports.mapping.declared import ColumnMapping, Kits, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.readers.reading import Reading, open_file
from shopkeeper.messages import Message, message

KIT, COMPONENT, UNITS, WEIGHT, START, END = "kit", "component", "kit units", "kit weight", "kit from", "kit until"
SHARED = ("net_amount", "discount", "tax", "shipping")
OF_THE_KIT = ("unit_cost", "product_name", "category")
"""What is said of the kit and not of its components."""


@dataclass(frozen=True)
class Components:
    """One row per KIT and COMPONENT: its UNITS in one kit, and the part of the kit's amounts from START to END."""

    relation: DuckDBPyRelation


def open_kits(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    beside: Sequence[InputFile],
    scratch: Path,
    *,
    chinese: bool,
) -> Components | None:
    """Open the table of components; `None` where the mapping declares none.

    Raise `Refused` where its files are missing, or a row has no kit, no component or no whole number of units.
    """
    kits = mapping.kits
    if kits is None:
        return None
    files = [file for file in beside if file.lookup == Kits.NAME]
    if not files:
        raise Refused(
            message(
                "The mapping reads a table of kits, but no file given fits {patterns}. Give it too.",
                patterns=", ".join(map(repr, kits.files)),
            )
        )
    scratch.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, file in enumerate(files):
        own = TableMapping(mapping.name, (), layout=kits.layout)
        parts.append(
            _components_of(open_file(connection, file, own, scratch / f"kits-{number}", chinese=chinese), kits)
        )
    path = scratch / "kits.parquet"
    _along_the_kit(reduce(DuckDBPyRelation.union, parts)).write_parquet(str(path))
    return Components(connection.read_parquet(str(path)))


def _along_the_kit(rows: DuckDBPyRelation) -> DuckDBPyRelation:
    """Each component once, with the part of the kit that is its own; the last one ends at the whole."""
    kit, component = ColumnExpression(KIT), ColumnExpression(COMPONENT)
    units, weight = ColumnExpression(UNITS).sum().cast("BIGINT"), ColumnExpression(WEIGHT)
    merged = rows.aggregate([kit, component, units.alias(UNITS), weight.sum().alias(WEIGHT)])
    so_far = weight.sum().over(partition_by=kit, order_by=component, rows=(None, 0))
    place = call("row_number").over(partition_by=kit, order_by=component)
    count = call("count_star").over(partition_by=kit)
    whole = weight.sum().over(partition_by=kit)
    until = CaseExpression(place == count, ConstantExpression(1.0)).otherwise(so_far / whole)
    made = merged.project(kit, component, ColumnExpression(UNITS), until.alias(END), place.alias(PART))
    before = call("lag", ColumnExpression(END)).over(partition_by=kit, order_by=ColumnExpression(PART))
    start = duckdb.CoalesceOperator(before, ConstantExpression(0.0)).alias(START)
    return made.project(duckdb.StarExpression(), start)


def _components_of(reading: Reading, kits: Kits) -> DuckDBPyRelation:
    rows = reading.relation.project(
        ColumnExpression("line"),
        _text(reading, kits.kit).alias(KIT),
        _text(reading, kits.component).alias(COMPONENT),
        _number(reading, kits.quantity, "BIGINT").alias(UNITS),
        (_number(reading, kits.share, "DOUBLE") if kits.share else _number(reading, kits.quantity, "DOUBLE")).alias(
            WEIGHT
        ),
    )
    zero = ConstantExpression(0)
    sound = (
        (ColumnExpression(KIT) != ConstantExpression(""))
        & (ColumnExpression(COMPONENT) != ConstantExpression(""))
        & (ColumnExpression(UNITS) > zero)
        & (ColumnExpression(WEIGHT) > zero)
    )
    unsound = rows.filter(~duckdb.CoalesceOperator(sound, ConstantExpression(False)))
    if lines := unsound.sort(ColumnExpression("line")).limit(1).fetchall():
        raise Refused(
            message(
                "{file}: record {line} has no kit, no component, or no whole number of units and share above 0. Mend "
                "it and import again.",
                file=reading.file.name,
                line=lines[0][0],
            )
        )
    return rows.project(duckdb.StarExpression(exclude=["line"]))


def _column(reading: Reading, name: str) -> tuple[str, str]:
    column = reading.column(name)
    if column is None:
        raise Refused(
            message(
                "{file} has no column {name}, which the mapping reads there. Mend the file or the mapping.",
                file=reading.file.name,
                name=repr(name),
            )
        )
    return column.id, column.type


def _text(reading: Reading, name: str) -> Expression:
    return mended(as_text(column_term(*_column(reading, name))).value)


def _number(reading: Reading, name: str, type_: str) -> Expression:
    contract = Column(name, "BIGINT" if type_ == "BIGINT" else "DOUBLE", "")
    options = ColumnMapping(name, SourceColumn(name))
    return typed(column_term(*_column(reading, name)), contract, options, Clock("UTC", "", cells=False)).value


def with_components(opened: Candidates, components: Components, contract: Table) -> tuple[Candidates, int, int]:
    """The rows with components in place of kits; how many lines were kits, and how many they became.

    Rounded to cents along the kit, so that the parts add up to what the kit brought.
    """
    rows = opened.rows.set_alias("lines").join(
        components.relation.set_alias("kits"), ColumnExpression("sku") == ColumnExpression(KIT), how="left"
    )
    is_kit = ColumnExpression(KIT).is_not_null()
    parts = []
    for column in contract.columns:
        value = ColumnExpression(column.name)
        if column.name == "sku":
            value = duckdb.CoalesceOperator(ColumnExpression(COMPONENT), value)
        elif column.name == "quantity":
            value = value * duckdb.CoalesceOperator(ColumnExpression(UNITS), ConstantExpression(1))
        elif column.name in SHARED:
            value = CaseExpression(is_kit, _share(value)).otherwise(value)
        elif column.name in OF_THE_KIT:
            value = CaseExpression(~is_kit, value)
        parts.append(value.cast(column.type).alias(column.name))
    made = [*(column.name for column in contract.columns), KIT, COMPONENT, UNITS, START, END]
    expanded = rows.project(*parts, duckdb.StarExpression(exclude=made))
    ((kits,),) = (
        opened.rows.join(components.relation.project(ColumnExpression(KIT).alias("sku")).distinct(), "sku", how="semi")
        .aggregate([call("count_star").alias("n")])
        .fetchall()
    )
    ((lines,),) = expanded.aggregate([call("count", ColumnExpression(PART)).alias("n")]).fetchall()
    reading = replace(opened.reading, rows=opened.reading.rows + int(lines) - int(kits))
    return replace(opened, rows=expanded, reading=reading), int(kits), int(lines)


def _share(amount: Expression) -> Expression:
    def up_to(edge: str) -> Expression:
        rounded = call("round", amount.cast("DOUBLE") * ColumnExpression(edge), ConstantExpression(2)).cast(MONEY)
        return CaseExpression(ColumnExpression(edge) == ConstantExpression(1.0), amount).otherwise(rounded)

    return up_to(END) - up_to(START)


def kits_said(kits: int, lines: int) -> Message:
    """How many lines were kits, and what became of them."""
    return message("{kits} lines were kits, and became {lines} lines of their components.", kits=kits, lines=lines)
