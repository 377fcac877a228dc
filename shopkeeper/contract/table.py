"""What a table is: its columns with type, unit, meaning, label and format, declared once.

The merchant's tables, what the jobs keep and the frames of every report are declared so. Checks, downloads, the columns
on the screen, the command line and the data dictionary read the declaration; a test holds each frame against its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from shopkeeper.i18n import gettext
from shopkeeper.measures.lookup import measure
from shopkeeper.measures.measure import Format
from shopkeeper.measures.terms import TERMS
from shopkeeper.messages import Message

ColumnType = Literal[
    "VARCHAR",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "UINTEGER",
    "BIGINT",
    "DOUBLE",
    "DECIMAL(18,3)",
    "DECIMAL(18,4)",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "BOOLEAN",
    "DOUBLE[]",
    "VARCHAR[]",
]
MONEY: ColumnType = "DECIMAL(18,4)"
QUANTITY: ColumnType = "DECIMAL(18,3)"
"""Pieces, or kilograms, metres and litres to the thousandth."""

POLARS_TYPES: Mapping[ColumnType, pl.DataType] = {
    "VARCHAR": pl.String(),
    "TINYINT": pl.Int8(),
    "SMALLINT": pl.Int16(),
    "INTEGER": pl.Int32(),
    "UINTEGER": pl.UInt32(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "DECIMAL(18,3)": pl.Decimal(18, 3),
    "DECIMAL(18,4)": pl.Decimal(18, 4),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "BOOLEAN": pl.Boolean(),
    "DOUBLE[]": pl.List(pl.Float64()),
    "VARCHAR[]": pl.List(pl.String()),
}
_UNITS: Mapping[Format, str] = {
    "money": "shop currency",
    "money_compact": "shop currency",
    "percent": "share of 1",
    "days": "days",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `unit` is empty where none applies. `label` is what people read above it, a key of the catalogue or a message; a
    column without one keeps its machine name and is not shown in tables on the screen. `format` says how its numbers
    are read. `allowed` lists the only values a text column may hold. The rest is for tables that a merchant brings:
    `minimum` is inclusive; `references` names the table whose key this value should be found in, an unknown value is
    reported, never rejected, because the other table may come later.
    """

    name: str
    type: ColumnType
    meaning: str = ""
    required: bool = False
    unit: str = ""
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    references: str = ""
    label: str | Message = ""
    format: Format | None = None

    def heading(self) -> str:
        """The label in the language in use, else the machine name."""
        return str(self.label) if isinstance(self.label, Message) else gettext(self.label) or self.name

    def labelled(self, label: str | Message, format: Format | None = None) -> "Column":  # noqa: A002
        """The same column under another label, and read as `format` where that is given."""
        return replace(self, label=label, format=format or self.format)


@dataclass(frozen=True)
class Table:
    """One table. `key` names the columns that make a row unique; empty where rows may repeat.

    `optional` names columns that are there under some choices only.
    """

    name: str
    grain: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Raise `KeyError` where the table has no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def schema(self) -> dict[str, pl.DataType]:
        """Names and Polars types, in order."""
        return {column.name: POLARS_TYPES[column.type] for column in self.columns}

    def labelled(self, names: Sequence[str] | None = None) -> tuple[Column, ...]:
        """The columns that people read, of those `names` and in their order where these are given."""
        return labelled(self.columns, self.names if names is None else names)

    def departures(self, frame: pl.DataFrame) -> list[str]:
        """Where a frame is not as declared, in words; empty where all columns are there, typed and in order."""
        declared = {
            name: type_ for name, type_ in self.schema().items() if name in frame.columns or name not in self.optional
        }
        missing = [f"{self.name}.{name} is missing" for name in declared if name not in frame.columns]
        more = [f"{self.name}.{name} is not declared" for name in frame.columns if name not in declared]
        typed = [
            f"{self.name}.{name} is {frame.schema[name]}, declared {type_}"
            for name, type_ in declared.items()
            if name in frame.columns and frame.schema[name] != type_
        ]
        ordered = (
            [] if missing or more or frame.columns == list(declared) else [f"{self.name}: columns in another order"]
        )
        return [*missing, *more, *typed, *ordered]


def defined(name: str, type: ColumnType = "DOUBLE", *, column: str = "", unit: str = "") -> Column:  # noqa: A002
    """A column that holds a measure, or that a term speaks of, by its name: label, meaning and format are theirs.

    `column` is what it is called in the table, where that differs. Raise `KeyError` for a name that is neither.
    """
    if name in TERMS:
        return Column(column or name, type, TERMS[name].text, unit=unit, label=TERMS[name].label)
    declared = measure(name)
    return Column(
        column or name,
        type,
        declared.description,
        unit=unit or _UNITS.get(declared.format, ""),
        label=declared.label,
        format=declared.format,
    )


def chosen(columns: Collection[Column], names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names, in their order; `KeyError` for one that is not there."""
    by_name = {column.name: column for column in columns}
    return tuple(by_name[name] for name in names)


def labelled(columns: Collection[Column], names: Sequence[str]) -> tuple[Column, ...]:
    """The columns that people read of these names, in their order; names without a column are passed over."""
    by_name = {column.name: column for column in columns if column.label}
    return tuple(by_name[name] for name in names if name in by_name)
