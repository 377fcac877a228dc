"""Lifecycle stages as tables and files."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.lifecycle.frames import CUSTOMERS, MOVES, STAGES_BY_MONTH
from shopkeeper.customers.lifecycle.report import Lifecycle
from shopkeeper.customers.table import acquired_terms
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version

BOUNDS: Mapping[str, str] = {
    "active_days": N_("Active for days"),
    "lost_days": N_("Lost after days"),
    "loyal_purchases": N_("Loyal from purchases"),
}
"""What the rules' bounds are called."""
TERMS = ("lifecycle", "purchase")


def customers(version: Version, lifecycle: Lifecycle, frame: pl.DataFrame) -> Download:
    """The customers that `lifecycle.customers` gave: of the whole matrix, or of one cell."""
    return download(
        version,
        "lifecycle",
        _("Lifecycle stage by customer"),
        frame,
        CUSTOMERS.labelled(),
        caption=_caption(lifecycle),
        words=(lifecycle.since.isoformat(),),
        terms=(*TERMS, *acquired_terms(lifecycle.filters)),
        as_of=lifecycle.as_of,
    )


def cell(
    version: Version, lifecycle: Lifecycle, frame: pl.DataFrame, stages: tuple[str, str], names: Mapping[str, str]
) -> Download:
    """The customers of one cell, whose name the file carries."""
    sheet = customers(version, lifecycle, frame)
    then, now = stages
    about = replace(
        sheet.about, filters=((_("Stage then"), names[then]), (_("Stage now"), names[now]), *sheet.about.filters)
    )
    return replace(sheet, choices=(*sheet.choices, then, now), about=about)


def stages(version: Version, lifecycle: Lifecycle, title: str, shown: str, names: Mapping[str, str]) -> Download:
    """Stages over time, called by `names`."""
    return download(
        version,
        "stages",
        title,
        lifecycle.stages.with_columns(pl.col("stage").replace(names)),
        STAGES_BY_MONTH.labelled(),
        caption=_caption(lifecycle),
        words=(shown,),
        terms=TERMS,
        as_of=lifecycle.as_of,
    )


def moves(version: Version, lifecycle: Lifecycle, names: Mapping[str, str]) -> Download:
    """How customers moved, stages called by `names`."""
    since, until = i18n.date_(lifecycle.since), i18n.date_(lifecycle.as_of)
    return download(
        version,
        "moves",
        _("Moves from {since} to {until}", since=since, until=until),
        lifecycle.moves.with_columns(pl.col("from_stage", "to_stage").replace(names)),
        MOVES.labelled(),
        caption=_caption(lifecycle),
        terms=TERMS,
        as_of=lifecycle.as_of,
    )


def _caption(lifecycle: Lifecycle) -> tuple[tuple[str, str], ...]:
    return (
        *((_(label), i18n.integer(getattr(lifecycle.rules, name))) for name, label in BOUNDS.items()),
        (_("Moves since"), i18n.date_(lifecycle.since)),
        *lifecycle.filters.caption(),
    )
