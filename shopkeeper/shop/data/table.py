"""The Data page's tables and files."""

from collections.abc import Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.shop.data.frames import REJECTS, RULES, TABLES, VERSIONS
from shopkeeper.shop.data.report import VersionContent


def tables(version: Version, content: VersionContent) -> Download:
    """Each table that was brought."""
    return download(version, "tables", _("Tables"), content.tables, TABLES.labelled())


def rules(version: Version, counts: pl.DataFrame) -> Download:
    """Faults by rule."""
    return download(version, "rejects-by-rule", _("Rejected rows by rule"), counts, RULES.labelled())


def rejects(version: Version, faults: pl.DataFrame, rule: str | None) -> Download:
    """The faults, of one rule or of all."""
    caption = ((_("Rule"), rule or _("All rules")),)
    return download(version, "rejects", _("Rejected rows"), faults, REJECTS.labelled(), caption=caption)


def versions(served: Version, kept: Sequence[Version]) -> Download:
    """The versions that are kept, and which is served."""
    rows = [
        (
            version.id,
            _("served") if version.id == served.id else "",
            i18n.moment(version.created_at, served.shop.timezone),
            version.as_of,
            sum(stats.rows_published for stats in version.tables.values()),
            version.rows_rejected,
        )
        for version in kept
    ]
    frame = pl.DataFrame(rows, schema=VERSIONS.schema(), orient="row")
    return download(served, "versions", _("Versions"), frame, VERSIONS.labelled())
