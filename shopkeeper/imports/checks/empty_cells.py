"""Empty cells that mean what stands above them, or in the first row of the same key."""

from duckdb import CaseExpression, ColumnExpression, DuckDBPyRelation, Expression

from shopkeeper.errors import Refused
from shopkeeper.imports.checks.terms import filled
from shopkeeper.imports.mapping.declared import FillDown
from shopkeeper.imports.readers.reading import Reading
from shopkeeper.messages import message


def fill_down(reading: Reading, rule: FillDown) -> DuckDBPyRelation:
    """The file with empty cells of the rule's columns taken from the first row of the same key, or from above.

    A key that is itself among the columns is that of merged cells: it is taken from above, before all others.
    """
    key = reading.column(rule.key) if rule.key else None
    if key is None and rule.key:
        raise Refused(
            message(
                "{name} has no column {key}, by which the mapping fills cells. Mend either.",
                name=reading.file.name,
                key=repr(rule.key),
            )
        )
    ids = {column.id for name in rule.columns if (column := reading.column(name)) and column.type == "VARCHAR"}
    line, relation = ColumnExpression("line"), reading.relation
    if key is None or key.id in ids:
        from_above = ids if key is None else {key.id}
        parts = [
            _from_above(each.id) if each.id in from_above else ColumnExpression(each.id) for each in reading.columns
        ]
        relation, ids = relation.project(line, *parts), ids - from_above
    if key is not None:
        parts = [_of_key(each.id, key.id) if each.id in ids else ColumnExpression(each.id) for each in reading.columns]
        relation = relation.project(line, *parts)
    return relation.sort(line)


def _from_above(id_: str) -> Expression:
    cell = ColumnExpression(id_)
    said = CaseExpression(filled(cell), cell)
    return said.last().ignore_nulls().over(order_by=ColumnExpression("line"), rows=(None, 0)).alias(id_)


def _of_key(id_: str, key_id: str) -> Expression:
    cell, by = ColumnExpression(id_), ColumnExpression(key_id)
    first = cell.first().over(partition_by=by, order_by=ColumnExpression("line"))
    return CaseExpression(filled(cell) | ~filled(by), cell).otherwise(first).alias(id_)
