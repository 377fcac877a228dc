"""Keys that a merchant brings in a table of their own, each beside its kind: read as columns of one kind each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyRelation,
    Expression,
    StarExpression,
)

from shopkeeper.contract.tables import IDENTITIES
from shopkeeper.imports.checks.expressions import as_text, column_term, term
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.checks.texts import mended
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn, for_file, sources
from shopkeeper.imports.readers.reading import FileColumn, Reading
from shopkeeper.messages import Message, message

KIND = "kind of key"
"""The column beside a file's own that says a row's kind; the blanks keep it from meeting a name."""
HASHED = r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}"
"""What was hashed before it came: MD5, SHA-1, SHA-2, in hexadecimal digits."""
NEVER_HASHED = ("member", "device")
"""Kinds whose own numbers look like hashes."""


@dataclass(frozen=True)
class Brought:
    """`column` holds keys of many kinds; beside it stand one column for each kind that is there, and one for others."""

    column: FileColumn
    by_kind: Mapping[str, FileColumn]
    other: FileColumn

    @property
    def may_be_hashed(self) -> frozenset[str]:
        """Ids of the columns in which a hash stays as it came."""
        return frozenset(each.id for kind, each in self.by_kind.items() if kind not in NEVER_HASHED)


def brought(reading: Reading, mapping: TableMapping) -> tuple[DuckDBPyRelation, Brought | None]:
    """The rows with a column beside for each kind of key that the table `identities` has; `None` for other tables."""
    mapped = {each.name: each for each in mapping.columns}
    if mapping.name != IDENTITIES.name or not {"key_kind", "key_hash"} <= mapped.keys():
        return reading.relation, None
    rule = mapped["key_hash"].rule
    column = reading.column(rule.column) if isinstance(rule, SourceColumn) else None
    of_kind = for_file(mapped["key_kind"].rule, reading.file.name)
    if column is None or not all(map(reading.column, sources(of_kind))):
        return reading.relation, None

    terms = {name: column_term(own.id, own.type) for name in sources(of_kind) if (own := reading.column(name))}
    kind = call("lower", mended(as_text(term(of_kind, terms.__getitem__, mapped["key_kind"])).value))
    relation = reading.relation.project(StarExpression(), kind.alias(KIND))
    allowed = IDENTITIES.column("key_kind").allowed
    there = {name for (name,) in relation.project(ColumnExpression(KIND)).distinct().fetchall()}
    by_kind = {each: replace(column, id=f"{each} of {column.id}") for each in allowed if each in there}
    other = replace(column, id=f"other of {column.id}")
    value, own_kind = ColumnExpression(column.id), ColumnExpression(KIND)
    known = CoalesceOperator(own_kind.isin(*map(text, allowed)), ConstantExpression(False))
    parts = [CaseExpression(own_kind == text(each), value).alias(one.id) for each, one in by_kind.items()]
    parts.append(CaseExpression(~known, value).alias(other.id))
    return relation.project(StarExpression(), *parts), Brought(column, by_kind, other)


def is_hashed(value: Expression) -> Expression:
    """Whether a text was hashed before it came."""
    return call("regexp_full_match", value, text(HASHED))


def without_nobodys(reading: Reading, nobodys: str) -> Reading:
    """The file without rows whose key is nobody's, as the column `nobodys` says, and without keys said twice.

    One account's phone in two spellings is one key.
    """
    kept = reading.relation.filter(~ColumnExpression(nobodys))
    cells = [ColumnExpression(column.id) for column in reading.columns]
    place = call("row_number").over(partition_by=cells, order_by=[ColumnExpression("line")])
    once = kept.project(StarExpression(), place.alias("place of key")).filter(
        ColumnExpression("place of key") == ConstantExpression(1)
    )
    rows, left = _rows(kept), _rows(once)
    said: list[Message] = []
    if nobody := reading.rows - rows:
        said.append(
            message("{file}: {rows} rows whose key is nobody's are left out.", file=reading.file.name, rows=nobody)
        )
    if copies := rows - left:
        said.append(
            message(
                "{file}: {rows} rows say a key of their account once more or in another spelling; taken once.",
                file=reading.file.name,
                rows=copies,
            )
        )
    relation = once.project(StarExpression(exclude=["place of key"])) if copies else kept
    return replace(reading, relation=relation, rows=left, warnings=(*reading.warnings, *said))


def _rows(relation: DuckDBPyRelation) -> int:
    ((number,),) = relation.aggregate([call("count_star").alias("rows")]).fetchall()
    return int(number)
