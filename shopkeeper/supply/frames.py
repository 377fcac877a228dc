"""How the supply features declare their columns: by what a figure is a figure of."""

from shopkeeper.contract.table import Column, ColumnType
from shopkeeper.measures.measure import Format


def text(name: str, meaning: str, label: str = "") -> Column:
    """A name or a machine word."""
    return Column(name, "VARCHAR", meaning, label=label)


def day(name: str, meaning: str, label: str = "") -> Column:
    """A date."""
    return Column(name, "DATE", meaning, label=label)


def units(
    name: str,
    meaning: str,
    label: str = "",
    format: Format = "number",  # noqa: A002
    type: ColumnType = "DOUBLE",  # noqa: A002
) -> Column:
    """Units of an item; parts where stock is shared out."""
    return Column(name, type, meaning, unit="units", label=label, format=format if label else None)


def money(name: str, meaning: str, label: str = "", unit: str = "shop currency") -> Column:
    """An amount, or an amount per unit."""
    return Column(name, "DOUBLE", meaning, unit=unit, label=label, format="money" if label else None)


def days(
    name: str,
    meaning: str,
    label: str = "",
    format: Format = "number",  # noqa: A002
    type: ColumnType = "DOUBLE",  # noqa: A002
) -> Column:
    """A number of days."""
    return Column(name, type, meaning, unit="days", label=label, format=format if label else None)


def share(name: str, meaning: str, label: str = "") -> Column:
    """A share of 1, read as a percentage."""
    return Column(name, "DOUBLE", meaning, unit="share of 1", label=label, format="percent" if label else None)


def count(name: str, meaning: str, label: str = "") -> Column:
    """How many there are."""
    return Column(name, "BIGINT", meaning, label=label, format="integer" if label else None)
