"""What a report becomes as a file: its frame, its About and what its columns are called; the same for page and cron."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import Column
from shopkeeper.exports import About
from shopkeeper.lake.version import Version
from shopkeeper.measures.lookup import definition


@dataclass(frozen=True)
class Download:
    """One table as it is handed over. `report` and `choices` name the file.

    Of a long table `frame` may hold the first rows only; then `read_whole` gives all that `about` counts.
    """

    report: str
    choices: tuple[str, ...]
    frame: pl.DataFrame
    about: About
    columns: tuple[Column, ...]
    read_whole: Callable[[], pl.DataFrame] | None = None

    def whole(self) -> pl.DataFrame:
        """All rows."""
        return self.read_whole() if self.read_whole else self.frame


def download(
    version: Version,
    report: str,
    title: str,
    frame: pl.DataFrame,
    columns: Sequence[Column],
    *,
    caption: Sequence[tuple[str, str]] = (),
    words: Sequence[str] = (),
    terms: Sequence[str] = (),
    as_of: date | None = None,
    rows: int | None = None,
    read_whole: Callable[[], pl.DataFrame] | None = None,
) -> Download:
    """A table of this version as it is handed over, in the language in use.

    Where `frame` holds the first rows only, `rows` counts all of them and `read_whole` reads them. `caption` says in
    words what made it, `words` go into the file's name, `terms` are explained in its About.
    """
    counted = frame.height if rows is None else rows
    provenance = about(version, title, counted, caption, terms, as_of or version.as_of)
    return Download(report, tuple(words), frame, provenance, tuple(columns), read_whole)


def about(
    version: Version, title: str, rows: int, filters: Sequence[tuple[str, str]], terms: Sequence[str], as_of: date
) -> About:
    """The About of a table of this version, in the language in use."""
    return About(
        title=title,
        rows=rows,
        filters=tuple(filters),
        definitions=tuple(definition(name) for name in terms),
        as_of=as_of,
        version=version.id,
        created_at=version.created_at,
        shop=version.shop.name,
        currency=version.shop.currency,
        timezone=version.shop.timezone,
        rejected_rows=version.rows_rejected,
        identified_order_share=version.identified_order_share,
        language=i18n.language(),
    )
