"""Lifetime value as tables and files."""

from collections.abc import Callable

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import Column
from shopkeeper.customers.lifetime_value.frames import (
    BANDS,
    CUSTOMERS,
    DISTRIBUTION,
    LORENZ,
    SEGMENTS,
    SEGMENTS_READ,
)
from shopkeeper.customers.lifetime_value.report import LifetimeValue
from shopkeeper.customers.table import acquired_terms, model_caption, notes_caption, value_caption
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version

TERMS = ("lifetime_value", "historic_value", "predicted_value")


def customers(version: Version, value: LifetimeValue, read_whole: Callable[[], pl.DataFrame]) -> Download:
    """Every customer with historic and predicted value; `read_whole` reads all, of whom the report holds the first."""
    return download(
        version,
        "lifetime-value",
        _("Lifetime value by customer"),
        value.customers,
        CUSTOMERS.labelled(),
        caption=_caption(value),
        words=_words(value),
        terms=(*TERMS, "p_alive", "purchase", *acquired_terms(value.filters)),
        as_of=value.as_of,
        rows=value.n,
        read_whole=read_whole,
    )


def segments(version: Version, value: LifetimeValue, kind: str, label: str, frame: pl.DataFrame) -> Download:
    """The segments of one kind, called `label`; `frame` are their rows."""
    columns = SEGMENTS.labelled(SEGMENTS_READ)
    return _part(
        version,
        value,
        f"value-by-{kind}",
        _("Value of customers, by where and when they were acquired"),
        frame,
        tuple(column.labelled(label) if column.name == "segment" else column for column in columns),
    )


def distribution(version: Version, value: LifetimeValue) -> Download:
    """Customers by class of predicted value."""
    title = _("Customers by predicted value")
    return _part(version, value, "value-distribution", title, value.distribution, DISTRIBUTION.labelled())


def lorenz(version: Version, value: LifetimeValue) -> Download:
    """The shares that the richest hold."""
    return _part(version, value, "value-lorenz", _("Who holds the value"), value.lorenz, LORENZ.labelled())


def matrix(version: Version, value: LifetimeValue) -> Download:
    """Predicted value by repeat purchases and inactivity."""
    columns = BANDS.labelled()
    frame = value.bands.select(column.name for column in columns)
    title = _("Predicted value by repeat purchases and months of silence")
    return _part(version, value, "value-matrix", title, frame, columns)


def _part(
    version: Version, value: LifetimeValue, report: str, title: str, frame: pl.DataFrame, columns: tuple[Column, ...]
) -> Download:
    return download(
        version,
        report,
        title,
        frame,
        columns,
        caption=_caption(value),
        words=_words(value),
        terms=(*TERMS, "purchase"),
        as_of=value.as_of,
    )


def _caption(value: LifetimeValue) -> tuple[tuple[str, str], ...]:
    options = value.options
    return (
        (_("Months ahead"), i18n.integer(options.months)),
        *model_caption(value.kind, options.fitted_by),
        *value_caption(value.value, options.discount),
        *notes_caption(value.notes),
        *value.filters.caption(),
    )


def _words(value: LifetimeValue) -> tuple[str, ...]:
    return (f"{value.options.months}m", value.kind or "none", value.value)
