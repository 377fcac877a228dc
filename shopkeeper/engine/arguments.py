"""Whether a query is called with what it declares."""

from collections.abc import Mapping
from datetime import date, datetime

from shopkeeper.query_files import QueryFile


def check_arguments(query: QueryFile, parameters: Mapping[str, object]) -> None:
    """Raise `TypeError`, naming query and parameter, unless the parameters are those declared and of known types."""
    if missing := query.parameters - parameters.keys():
        raise TypeError(f"query {query.name}: parameter ${', $'.join(sorted(missing))} is missing")
    if extra := parameters.keys() - query.parameters:
        raise TypeError(f"query {query.name}: has no parameter ${', $'.join(sorted(extra))}")
    for name, value in parameters.items():
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        scalar = isinstance(value, str | int | float | date) and not isinstance(value, datetime)
        if not texts and not scalar:
            raise TypeError(f"query {query.name}: parameter ${name} is a {type(value).__name__}, not a plain value")
