"""The Data page's tables and files."""

import json
from collections.abc import Callable, Sequence

import polars as pl

from shopkeeper import i18n
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.checks.rules import RULES as RULE_NAMES
from shopkeeper.imports.mapping.declared import REJECTED_IN, REJECTED_LINE
from shopkeeper.lake.rejects import LEFT_EMPTY
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message
from shopkeeper.shop.data.frames import COMPARED, MONTHS, REJECTS, RULES, TABLES, VERSIONS
from shopkeeper.shop.data.report import VersionContent


def tables(version: Version, content: VersionContent) -> Download:
    """Each table that was brought."""
    return download(version, "tables", _("Tables"), content.tables, TABLES.labelled())


def rules(version: Version, counts: pl.DataFrame) -> Download:
    """Faults by rule."""
    frame = counts.with_columns(_in_words("rule", counts["rule"], rule_name))
    return download(version, "rejects-by-rule", _("Rejected rows by rule"), frame, RULES.labelled())


def rejects(version: Version, faults: pl.DataFrame, rule: str | None) -> Download:
    """The faults, of one rule or of all."""
    caption = ((_("Rule"), rule_name(rule) if rule else _("All rules")),)
    reasons = _in_words("message", faults["message"], lambda data: str(Message.from_data(json.loads(data))))
    frame = faults.with_columns(
        _in_words("rule", faults["rule"], rule_name), reason=pl.coalesce(reasons, pl.col("reason"))
    )
    columns = REJECTS.labelled()
    return download(version, "rejects", _("Rejected rows"), frame, columns, caption=caption)


def rule_name(rule: str) -> str:
    """A rule in the language in use; one of a later program by its name."""
    return _(RULE_NAMES.get(rule, rule))


def _in_words(column: str, values: pl.Series, words: Callable[[str], str]) -> pl.Expr:
    """The column with each of its few texts put into words once."""
    texts = values.drop_nulls().unique().to_list()
    return pl.col(column).replace_strict(texts, [words(text) for text in texts], default=None, return_dtype=pl.String)


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


def compared(version: Version, counts: pl.DataFrame) -> Download:
    """Rows by table and the net amount, of two versions."""
    amount = pl.when(pl.col("table") == "").then(pl.lit(_("Net amount"))).otherwise(pl.col("table"))
    frame = counts.with_columns(table=amount)
    return download(version, "versions-compared", _("Versions compared"), frame, COMPARED.labelled())


def months(version: Version, other: Version, frame: pl.DataFrame) -> Download:
    """Sales by month, of two versions."""
    caption = ((_("Compared with"), other.id),)
    title = _("Sales by month, compared")
    return download(version, "versions-compared-months", title, frame, MONTHS.labelled(), caption=caption)


def to_mend(faults: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rejected rows of one table as their file had them, each once, to be mended and imported again; the last two
    columns say where each was rejected."""
    rejected = faults.filter(pl.col("table") == name, pl.col("row") != "", pl.col("rule") != LEFT_EMPTY)
    rows = rejected.unique(["file", "line"], maintain_order=True)
    content = [
        {**json.loads(row), REJECTED_IN: file, REJECTED_LINE: line}
        for file, line, row in rows.select("file", "line", "row").iter_rows()
    ]
    return pl.DataFrame(content, infer_schema_length=None)
