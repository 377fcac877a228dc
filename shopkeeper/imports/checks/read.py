"""What the mapping's rules make of a file's columns, before any of it has a type of the contract."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import MONEY, Column
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.expressions import as_text, column_term, refuse_type, term
from shopkeeper.imports.checks.masking import masked
from shopkeeper.imports.checks.narrowed import NARROW, in_half_width, wide_columns, with_narrow
from shopkeeper.imports.checks.shares import column_of, with_shares, without_shares
from shopkeeper.imports.checks.terms import CheckedValue, call, text
from shopkeeper.imports.checks.texts import is_key, mended
from shopkeeper.imports.mapping.declared import ColumnMapping
from shopkeeper.imports.mapping.rules import Rule, Share, for_file, sources
from shopkeeper.imports.readers.reading import FileColumn, Reading

ROW = "row json"
"""The whole row; the blank keeps the name from ever meeting a column's."""
READ, FILLED = " read", " filled"
"""Ends of the names under which a value is kept before it is typed."""
Terms = Callable[[str], CheckedValue]


@dataclass(frozen=True)
class ReadColumns:
    """`relation` has line, ROW, what is beside, and the `values` by column of the contract, texts mended. `wide` are
    columns that are read from full width."""

    relation: DuckDBPyRelation
    values: Mapping[str, CheckedValue]
    wide: tuple[str, ...]


def read_columns(
    reading: Reading,
    own_columns: Sequence[FileColumn],
    mapped: Mapping[str, ColumnMapping],
    columns: Sequence[Column],
    beside: Sequence[Expression],
    used: set[str],
) -> ReadColumns:
    """Apply each column's rule.

    Each step is a projection of its own: within one, an expression would be written out wherever it is used, and
    DuckDB would think longer about the query than it runs.
    """
    relation, rules, of_file = _with_shares(reading, mapped, columns)
    values: dict[str, CheckedValue] = {}
    pairs = [part for each in own_columns for part in (text(each.name), _shown(each, used))]
    parts = [ColumnExpression("line"), call("json_object", *pairs).cast("VARCHAR").alias(ROW), *beside]
    mendings = [ColumnExpression("line"), ColumnExpression(ROW), *beside]
    for column in columns:
        try:
            made = term(rules[column.name], of_file, mapped[column.name])
        except KeyError as error:
            raise refuse_column(reading, mapped[column.name], column, error) from error
        made = as_text(made) if column.type == "VARCHAR" else made
        value, is_filled, shown = (ColumnExpression(f"{column.name}{mark}") for mark in (READ, FILLED, "="))
        values[column.name] = CheckedValue(value, made.type, is_filled, shown, made.fault)
        for expression, name in zip((made.value, made.is_filled, made.shown), (value, is_filled, shown), strict=True):
            parts.append(expression.alias(name.get_name()))
        plain = mended(value, key=is_key(column.name)) if column.type == "VARCHAR" else value
        mendings += [plain.alias(value.get_name()), is_filled, shown]
    wide = tuple(name for name, rule in rules.items() if any(each.endswith(NARROW) for each in sources(rule)))
    return ReadColumns(relation.project(*parts).project(*mendings), values, wide)


def _with_shares(
    reading: Reading,
    mapped: Mapping[str, ColumnMapping],
    columns: Sequence[Column],
) -> tuple[DuckDBPyRelation, Mapping[str, Rule], Terms]:
    """The file with columns of what orders share and of what was in full width, the rules that read these, and how."""
    shares: list[Share] = []
    options: list[ColumnMapping] = []
    rules: dict[str, Rule] = {}
    wide = wide_columns(reading, [mapped[column.name].rule for column in columns if column.type != "VARCHAR"])
    for column in columns:
        rule = for_file(mapped[column.name].rule, reading.file.name)
        rules[column.name] = without_shares(rule if column.type == "VARCHAR" else in_half_width(rule, wide), shares)
        options += [mapped[column.name]] * (len(shares) - len(options))
    of_file = _terms(reading, {column_of(number) for number in range(len(shares))})
    relation = with_narrow(reading.relation, wide)
    if shares:
        order = mended(as_text(term(rules["order_id"], of_file, mapped["order_id"])).value, key=True)
        relation = with_shares(relation, tuple(zip(shares, options, strict=True)), of_file, order)
    return relation, rules, of_file


def _terms(reading: Reading, shared: set[str]) -> Terms:
    by_name = {column.name: column for column in reading.columns}

    def of_file(name: str) -> CheckedValue:
        if name in shared:
            value = ColumnExpression(name)
            shown = duckdb.CoalesceOperator(value.cast("VARCHAR"), text("?"))
            return CheckedValue(value, MONEY, ConstantExpression(True), shown, "share")
        column = by_name[name.removesuffix(NARROW)]
        raw = column_term(column.id, column.type)
        return replace(column_term(f"{column.id}{NARROW}", "VARCHAR"), shown=raw.shown) if name != column.name else raw

    return of_file


def _shown(column: FileColumn, used: set[str]) -> Expression:
    """A cell as rejects may tell it: in a column that nothing reads, phones and e-mails are covered."""
    value = ColumnExpression(column.id).cast("VARCHAR")
    return value if column.name in used else masked(value)


def refuse_column(reading: Reading, mapping: ColumnMapping, column: Column, error: KeyError) -> Refused:
    """The sentence for a column of a type that can never be what the contract wants."""
    return refuse_type(reading.file.name, column, " and ".join(sources(mapping.rule)), error.args[0])
