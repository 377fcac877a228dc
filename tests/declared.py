"""Reports held against their declarations: every frame of a result is a table of the contract."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import polars as pl

from shopkeeper.contract.table import Table


def declarations(kind: type) -> dict[str, Table | None]:
    """By field of a result that holds a frame: its declared table; None where there is none."""
    hints = get_type_hints(kind, include_extras=True)
    frames = {}
    for field in fields(kind):
        hint = hints[field.name]
        metadata = getattr(hint, "__metadata__", ())
        plain = getattr(hint, "__origin__", hint)
        if plain is pl.DataFrame:
            frames[field.name] = next((each for each in metadata if isinstance(each, Table)), None)
    return frames


def departures(result: Any) -> list[str]:
    """Where the frames of a result, and of the results within it, are not as declared; empty where all are."""
    return [fault for each in _results(result) for fault in _faults(each)]


def _results(result: Any) -> Iterator[Any]:
    if is_dataclass(result) and not isinstance(result, type):
        yield result
        for field in fields(result):
            yield from _results(getattr(result, field.name))


def _faults(result: Any) -> Iterator[str]:
    for name, table in declarations(type(result)).items():
        if table is None:
            yield f"{type(result).__name__}.{name} has no declared table"
        else:
            yield from table.departures(getattr(result, name))
