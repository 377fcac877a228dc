"""Sets that are sold under a number of their own: a line of one becomes lines of what is in it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyConnection, DuckDBPyRelation

from shopkeeper.contract.table import MONEY, Column
from shopkeeper.contract.tables import ORDER_LINES
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.expressions import Clock, as_text, column_term, typed
from shopkeeper.imports.checks.lookups import last_of
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.checks.shares import share_out
from shopkeeper.imports.checks.split import Split
from shopkeeper.imports.checks.terms import call
from shopkeeper.imports.checks.texts import mended
from shopkeeper.imports.mapping.declared import ColumnMapping, Kits, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn
from shopkeeper.imports.mapping.values import nearest
from shopkeeper.imports.readers.encodings import is_chinese
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.readers.reading import ROW_NUMBER, Reading, open_file
from shopkeeper.messages import Message, message

KIT, COMPONENT, EACH, WEIGHT, PLACE = "kit", "component", "units in one", "kit weight", "line"
ROW, ALL_WEIGHTS = "good row", "all weights"
AMOUNTS = ("net_amount", "discount", "tax", "shipping")
OF_THE_KIT = ("product_name", "category")
"""What a line says of the kit, and not of the goods in it."""
ZERO = ConstantExpression(0)
NO_CLOCK = Clock("UTC", "", cells=False)


def open_kits(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    beside: Sequence[InputFile],
    scratch: Path,
    *,
    chinese: bool,
    newest: bool = False,
) -> DuckDBPyRelation | None:
    """One row per KIT and COMPONENT with EACH, WEIGHT and PLACE, its place in the files; `None` without kits.

    With `newest`, a kit is what the last of the files that list it says, whole.

    Raise `Refused` where the files are missing, a row cannot be used or stands twice, or a component is itself a kit.
    """
    kits = mapping.kits
    if kits is None:
        return None
    files = [file for file in beside if file.lookup == Kits.NAME]
    if not files:
        raise Refused(
            message(
                "The mapping splits kits into their components, but no file given fits {patterns}. Give it too.",
                patterns=", ".join(map(repr, kits.files)),
            )
        )
    scratch.mkdir(parents=True, exist_ok=True)
    own = TableMapping(mapping.name, (), layout=kits.layout, aliases=kits.aliases)
    readings = [
        open_file(connection, file, own, scratch / f"kits-{number}", chinese=chinese)
        for number, file in enumerate(files)
    ]
    path = scratch / "kits.parquet"
    listed = [_components(reading, kits) for reading in readings]
    parts = last_of(listed, [KIT]) if newest else reduce(DuckDBPyRelation.union, listed)
    place = call("row_number").over(order_by=[ColumnExpression(KIT), ColumnExpression(COMPONENT)])
    parts.project(duckdb.StarExpression(), place.alias(PLACE)).write_parquet(str(path))
    opened = connection.read_parquet(str(path))
    _refuse_twice_or_nested(opened)
    return opened


def _components(reading: Reading, kits: Kits) -> DuckDBPyRelation:
    """The rows of one file. Raise `Refused` where a column is missing or a row says less than it must."""
    units = ORDER_LINES.column("quantity").type
    weighed_by = kits.share or kits.price
    wanted = [(kits.kit, Column(KIT, "VARCHAR")), (kits.component, Column(COMPONENT, "VARCHAR"))]
    wanted += [(kits.quantity, Column(EACH, units)), *([(weighed_by, Column(WEIGHT, MONEY))] if weighed_by else [])]
    values = []
    for name, contract in wanted:
        column = reading.column(name)
        if column is None:
            raise Refused(
                message(
                    "{file} has no column {name}, which the mapping reads there{near} Mend the file or the mapping.",
                    file=reading.file.name,
                    name=repr(name),
                    near=nearest(name, (each.name for each in reading.columns)),
                )
            )
        options = ColumnMapping(contract.name, SourceColumn(name))
        cell = column_term(column.id, column.type)
        if contract.type == "VARCHAR":
            cell = as_text(cell)
            cell = replace(cell, value=mended(cell.value, key=True))
        read = typed(cell, contract, options, NO_CLOCK)
        values.append(read.value.alias(contract.name))
    if not weighed_by:
        values.append(ConstantExpression(1).cast(MONEY).alias(WEIGHT))
    rows = reading.relation.project(ColumnExpression("line"), *values)
    each, weight = ColumnExpression(EACH), ColumnExpression(WEIGHT)
    is_usable = (each > ZERO) & (weight >= ZERO) & (ColumnExpression(COMPONENT).is_not_null())
    is_usable = duckdb.CoalesceOperator(is_usable & ColumnExpression(KIT).is_not_null(), ConstantExpression(False))
    if unusable := rows.filter(~is_usable).sort(ColumnExpression("line")).limit(1).fetchall():
        raise Refused(
            message(
                "{file}: record {line} lacks a kit, a component, a quantity above 0, or a price or share from 0. Mend "
                "it and import again.",
                file=reading.file.name,
                line=unusable[0][0],
            )
        )
    total = weight if kits.share else (weight * each).cast("DECIMAL(38,4)").try_cast(MONEY)
    columns = (ColumnExpression(KIT), ColumnExpression(COMPONENT), each)
    return rows.project(*columns, duckdb.CoalesceOperator(total, weight).alias(WEIGHT))


def _refuse_twice_or_nested(kits: DuckDBPyRelation) -> None:
    kit, component = ColumnExpression(KIT), ColumnExpression(COMPONENT)
    rows = kits.aggregate([kit, component, call("count_star").alias("rows")])
    twice = rows.filter(ColumnExpression("rows") > ConstantExpression(1)).sort(kit, component).limit(1).fetchall()
    if twice:
        raise Refused(
            message(
                "Kit {kit} lists its component {component} more than once. Give it one row with the whole quantity.",
                kit=repr(twice[0][0]),
                component=repr(twice[0][1]),
            )
        )
    outer = kits.project(kit.alias("outer"), component.alias(KIT)).set_alias("outer kits")
    nested = outer.join(kits.project(kit).set_alias("inner kits"), KIT, how="semi")
    if first := nested.sort(ColumnExpression("outer"), kit).limit(1).fetchall():
        raise Refused(
            message(
                "Kit {kit} has the component {component}, which is itself a kit. List what is in it instead.",
                kit=repr(first[0][0]),
                component=repr(first[0][1]),
            )
        )


def in_components(
    connection: DuckDBPyConnection,
    mapping: TableMapping,
    beside: Sequence[InputFile],
    scratch: Path,
    splits: list[Split],
    terms: Terms,
    *,
    newest: bool = False,
) -> tuple[list[Split], list[Message]]:
    """The files with each good line of a kit as lines of its components, of which each counts as a row that came.

    Raise `Refused` as `open_kits` does.
    """
    kits = open_kits(connection, mapping, beside, scratch, chinese=is_chinese(terms.shop), newest=newest)
    if kits is None:
        return splits, []
    made, lines, parts, rounded = [], 0, 0, 0
    for each in splits:
        became, components, finer = split_kits(connection, kits, each.good) if each.good else (0, 0, 0)
        more = components - became
        made.append(replace(each, rows_in=each.rows_in + more, rows_good=each.rows_good + more))
        lines, parts, rounded = lines + became, parts + components, rounded + finer
    said = [message("{lines} lines of kits became {parts} lines of their components.", lines=lines, parts=parts)]
    if rounded:
        said.append(
            message("{lines} of these have units of more than three decimals, which were rounded.", lines=rounded)
        )
    return made, said if lines else []


def split_kits(connection: DuckDBPyConnection, kits: DuckDBPyRelation, path: Path) -> tuple[int, int, int]:
    """Write a file of good order lines again, each line of a kit as lines of its components.

    Returns how many became how many, and how many of these have units that were rounded to three decimals.

    Units are multiplied; amounts are shared to the cent and add up. A unit's cost is shared likewise, to the contract's
    four decimals. Name and category stay empty: they were the kit's.
    """
    numbered = connection.read_parquet(str(path), file_row_number=True)
    lines = numbered.project(
        *(ColumnExpression(name) for name in ORDER_LINES.names), ColumnExpression(ROW_NUMBER).alias(ROW)
    )
    row, sku = ColumnExpression(ROW), ColumnExpression("sku")
    of_kits = lines.set_alias("lines").join(kits.set_alias("kits"), sku == ColumnExpression(KIT), how="inner")
    units = ColumnExpression("quantity") * ColumnExpression(EACH)
    is_finer = units != call("round", units, ConstantExpression(3))
    counts = [call("count_star").alias("parts"), call("count_if", is_finer).alias("finer")]
    ((parts, finer),) = of_kits.aggregate(counts).fetchall()
    if not parts:
        return 0, 0, 0
    ((number,),) = of_kits.project(row).distinct().aggregate([call("count_star").alias("lines")]).fetchall()
    made = _in_components(of_kits)
    names = [ColumnExpression(name) for name in (*ORDER_LINES.names, ROW, PLACE)]
    others = lines.set_alias("lines").join(
        kits.project(ColumnExpression(KIT).alias("sku")).distinct().set_alias("kits"), "sku", how="anti"
    )
    plain = others.project(duckdb.StarExpression(), ZERO.cast("BIGINT").alias(PLACE))
    target = path.with_suffix(".split.parquet")
    everything = plain.project(*names).union(made.project(*names)).sort(row, ColumnExpression(PLACE))
    everything.project(*names[:-2]).write_parquet(str(target), compression="zstd")
    target.replace(path)
    return int(number), int(parts), int(finer)


def _in_components(of_kits: DuckDBPyRelation) -> DuckDBPyRelation:
    row, each, weight = ColumnExpression(ROW), ColumnExpression(EACH), ColumnExpression(WEIGHT)
    rows = of_kits.project(duckdb.StarExpression(exclude=[KIT]), weight.sum().over(partition_by=row).alias(ALL_WEIGHTS))
    for name in AMOUNTS:
        rows = share_out(rows, f"{name} part", row, ColumnExpression(name), ConstantExpression(False), weight)
    alike = ConstantExpression(1.0) / ConstantExpression(1).count().over(partition_by=row)
    share = CaseExpression(ColumnExpression(ALL_WEIGHTS) == ZERO, alike).otherwise(
        weight.cast("DOUBLE") / ColumnExpression(ALL_WEIGHTS).cast("DOUBLE")
    )
    cost = ColumnExpression("unit_cost").cast("DOUBLE") * share / each.cast("DOUBLE")
    values = {
        "sku": ColumnExpression(COMPONENT),
        "quantity": ColumnExpression("quantity") * each,
        "unit_cost": call("round", cost, ConstantExpression(4)),
        **{
            name: CaseExpression(ColumnExpression(name).is_not_null(), ColumnExpression(f"{name} part"))
            for name in AMOUNTS
        },
        **dict.fromkeys(OF_THE_KIT, ConstantExpression(None)),
    }
    columns = [
        values.get(column.name, ColumnExpression(column.name)).cast(column.type).alias(column.name)
        for column in ORDER_LINES.columns
    ]
    return rows.project(*columns, row, ColumnExpression(PLACE))
