"""Rows that add others up: 合计, Subtotal. They are no rows, wherever they stand, and are said once."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import and_, or_

from duckdb import CoalesceOperator, ColumnExpression, ConstantExpression, Expression

from shopkeeper.contract.table import Table
from shopkeeper.i18n import NN_
from shopkeeper.imports.checks.contacts import half_width
from shopkeeper.imports.checks.terms import call, filled, text
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.imports.mapping.rules import sources
from shopkeeper.imports.readers.reading import FileColumn, Reading
from shopkeeper.messages import Message, MessageValue

WORDS = (
    *("合计", "小计", "总计", "共计", "总和", "汇总", "累计", "合計", "小計", "總計"),
    *("totals?", "sub ?-?totals?", "grand totals?", "sum", "summe", "gesamt", "zwischensumme"),
)
TOTAL = rf"(?is)[^\pL]*\p{{Han}}{{0,4}}({'|'.join(WORDS)})[^\pL]*"
"""A word for a total, with numbers and marks around it, or what is added up before it: 本日合计：."""
EXAMPLES, MOST_ITEMS = 5, 100
NO = ConstantExpression(False)


def without_totals(reading: Reading, mapping: TableMapping, contract: Table) -> Reading:
    """The file without rows that say a total in one of the columns that name a row, and nothing in another.

    Such a row would be rejected for what it lacks: so no row is lost that could have been good. Where what it lacks is
    filled down from the row above, an item may be called so: it is one where it is sold in a row that says all.
    """
    rules = {column.name: column.rule for column in mapping.columns}
    names = [column.name for column in contract.columns if column.required and column.type in NAMING]
    keys = [_columns_of(reading, sources(rules[name])) for name in names if name in rules]
    keys = [columns for columns in keys if columns]
    if len(keys) < 2:
        return reading
    lacks = reduce(or_, (_says_nothing(columns) for columns in keys))
    of_texts = [column for columns in keys for column in columns if column.type == "VARCHAR"]
    # In most files no row lacks any: all that says something begins beyond a blank, which is soon seen.
    cells = [ColumnExpression(column.id) for columns in keys for column in columns]
    blank = reduce(or_, (cell.is_null() | (cell.cast("VARCHAR") < text("!")) for cell in cells))
    if not of_texts or not reading.relation.filter(blank).limit(1).fetchall():
        return reading
    is_total = lacks & reduce(or_, map(_is_total, of_texts))
    if mapping.fill_down:
        is_total &= ~_is_item(reading, mapping.fill_down.columns, keys, of_texts, lacks)
    totals = reading.relation.filter(is_total)
    ((count,),) = totals.aggregate([call("count_star").alias("rows")]).fetchall()
    if not count:
        return reading
    return replace(
        reading,
        relation=reading.relation.filter(~is_total),
        rows=reading.rows - int(count),
        warnings=(*reading.warnings, _left_out(reading, is_total, of_texts, int(count))),
    )


NAMING = ("VARCHAR", "TIMESTAMP", "DATE")
"""Types of the columns that say which row it is; the others are what a total adds up."""


def _is_item(
    reading: Reading,
    filled_down: Sequence[str],
    keys: Sequence[Sequence[FileColumn]],
    of_texts: Sequence[FileColumn],
    lacks: Expression,
) -> Expression:
    """Whether a row lacks only what is filled down, and its word is that of an item: one stands in a row which lacks
    nothing."""
    down = {column.name for name in filled_down if (column := reading.column(name))}
    own = [columns for columns in keys if not {column.name for column in columns} <= down]
    word = NO
    for column in of_texts:
        cell = ColumnExpression(column.id)
        said = reading.relation.filter(~lacks & _is_total(column)).project(cell).distinct().limit(MOST_ITEMS).fetchall()
        if said:
            word |= CoalesceOperator(cell.isin(*(text(each) for (each,) in said)), NO)
    return word & ~reduce(or_, map(_says_nothing, own), NO)


def _left_out(reading: Reading, is_total: Expression, columns: Sequence[FileColumn], count: int) -> Message:
    words = CoalesceOperator(*(_word(column) for column in columns), text("")).alias("word")
    first = reading.relation.filter(is_total).project(ColumnExpression("line"), words)
    examples = first.sort(ColumnExpression("line")).limit(EXAMPLES).fetchall()
    forms = NN_(
        "{n} row of {name} is a total ({words}) and was left out: record {records}.",
        "{n} rows of {name} are totals ({words}) and were left out: records {records}.",
    )
    values: dict[str, MessageValue] = {
        "n": count,
        "name": reading.file.name,
        "words": ", ".join(dict.fromkeys(word.strip() for _, word in examples)),
        "records": ", ".join(str(line) for line, _ in examples) + " ..." * (count > len(examples)),
    }
    return Message.counted(forms, values)


def _columns_of(reading: Reading, names: Sequence[str]) -> list[FileColumn]:
    return [column for name in names if (column := reading.column(name))]


def _says_nothing(columns: Sequence[FileColumn]) -> Expression:
    cells = [(ColumnExpression(column.id), column.type) for column in columns]
    empty = [~filled(cell) if type_ == "VARCHAR" else cell.is_null() for cell, type_ in cells]
    return reduce(and_, empty)


def _is_total(column: FileColumn) -> Expression:
    return CoalesceOperator(call("regexp_full_match", half_width(ColumnExpression(column.id)), text(TOTAL)), NO)


def _word(column: FileColumn) -> Expression:
    return call("nullif", call("regexp_extract", half_width(ColumnExpression(column.id)), text(f"^{TOTAL}$")), text(""))
