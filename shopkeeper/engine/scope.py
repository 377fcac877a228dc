"""Rows within a scope."""

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.visibility import DIMENSIONS, Visibility
from shopkeeper.engine.query import Scope


def restricted(relation: DuckDBPyRelation, visibility: Visibility, scope: Scope) -> DuckDBPyRelation:
    """The rows within the scope: in every column named, for every dimension in which the viewer is restricted.

    A row without a category (or region) is seen only by who may see all of them. Who may see no category, or no
    region, sees nothing but what is public in both.
    """
    public = all(visibility.get(dimension) == () for dimension in DIMENSIONS)
    allowed = {"category": scope.categories, "region": scope.regions}
    limited = {dimension: values for dimension, values in allowed.items() if values is not None}
    if not public and any(not values or dimension not in visibility for dimension, values in limited.items()):
        return relation.filter(ConstantExpression(False))
    for dimension, values in limited.items():
        for column in visibility[dimension]:
            relation = relation.filter(within(column, values))
    return relation


def within(column: str, values: tuple[str, ...]) -> Expression:
    """Whether the column holds one of the values; not so for NULL."""
    return ColumnExpression(column).isin(*(ConstantExpression(value) for value in values))
