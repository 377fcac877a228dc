"""What an import hands over, and what a version holds: rows, sums, checksums and sources, kept in its manifest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopkeeper.errors import Refused
from shopkeeper.messages import Message, message

FORMAT = 1
MANIFEST = "manifest.json"
WEEK_STARTS = ("monday", "sunday")


@dataclass(frozen=True)
class Shop:
    """`currency` is an ISO 4217 code, `timezone` an IANA name; `sample` marks the simulated shop.

    `week_start` is one of `WEEK_STARTS`; empty where nobody said: Monday.
    """

    name: str
    currency: str
    timezone: str
    sample: bool = False
    week_start: str = ""

    @property
    def week_offset(self) -> int:
        """Days from the start of the shop's weeks to their Monday: 0, or 1 where they start on Sunday."""
        return 1 if self.week_start == "sunday" else 0


@dataclass(frozen=True)
class DataFile:
    """One Parquet file; `path` is relative to the version's folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class SourceFile:
    """One file that the merchant brought, and the table it went to; `rows` counts all rows read, rejected ones too.

    `mark` is what a source that repeats is asked by next time: the last value of a database's cursor, or when an
    object in storage was changed.
    """

    name: str
    sha256: str
    bytes: int
    table: str
    rows: int
    mark: str = ""


@dataclass(frozen=True)
class TableStats:
    """`rows_in` = `rows_published` + `rows_rejected`."""

    rows_in: int
    rows_published: int
    rows_rejected: int
    files: tuple[DataFile, ...]


@dataclass(frozen=True)
class Version:
    """One published version. Amounts are in the shop's currency.

    `net_amount_in` = `net_amount_published` + `net_amount_rejected`; rejected rows whose amount could not be read are
    in none of the three, and are counted. `identified_order_share` is of orders with a sale line; `None` without any.
    `recipe` tells which queries made the marts (`queries.recipe`); empty for versions of the first programs.
    `key_fingerprint` tells with which key its pseudonyms were made; empty where it has none. A mart of two files is
    patched: see `patched.py`; `kept` are the steps and keys by which the next publication patches it again. So are
    `linking`, which tells how its accounts were linked, and the orders with a sale line, all and those with a buyer.
    """

    id: str
    path: Path
    created_at: datetime
    parent: str | None
    shop: Shop
    as_of: date
    first_day: date
    tables: Mapping[str, TableStats]
    marts: Mapping[str, tuple[DataFile, ...]]
    net_amount_in: Decimal
    net_amount_published: Decimal
    net_amount_rejected: Decimal
    net_amount_unreadable_rows: int
    identified_order_share: float | None
    sources: tuple[SourceFile, ...]
    warnings: tuple[Message, ...]
    rejects_file: DataFile | None = None
    recipe: str = ""
    key_fingerprint: str = ""
    kept: Mapping[str, tuple[DataFile, ...]] = field(default_factory=dict)
    linking: str = ""
    sold_orders: int | None = None
    identified_orders: int | None = None

    def files(self, table: str) -> list[Path]:
        """Absolute paths of a table's files; empty where the merchant did not bring the table."""
        return [self.path / file.path for file in self.tables[table].files] if table in self.tables else []

    def mart(self, name: str) -> list[Path]:
        """Absolute paths of a mart's files. Raise `KeyError` where the version has no such mart."""
        return [self.path / file.path for file in self.marts[name]]

    def step(self, name: str) -> list[Path]:
        """Absolute paths of what a step of publishing left; empty where it left nothing."""
        return [self.path / file.path for file in self.kept.get(name, ())]

    @property
    def rejects(self) -> Path | None:
        """Its file of rejects, as `lake.rejects` declares it; `None` where nothing was rejected."""
        return self.path / self.rejects_file.path if self.rejects_file else None

    @property
    def rows_rejected(self) -> int:
        """Over all tables."""
        return sum(table.rows_rejected for table in self.tables.values())

    def all_files(self) -> list[DataFile]:
        """Every file of the version but the manifest itself."""
        tables = [file for table in self.tables.values() for file in table.files]
        marts = [file for mart in self.marts.values() for file in mart]
        kept = [file for step in self.kept.values() for file in step]
        return tables + marts + kept + ([self.rejects_file] if self.rejects_file else [])


@dataclass(frozen=True)
class StagedTable:
    """A table ready to publish: Parquet files typed as `tables.py` says, of good rows only.

    Files inside the staging directory are moved, files of an older version are hard-linked, others are copied.
    """

    name: str
    files: tuple[Path, ...]
    rows_in: int
    rows_rejected: int


@dataclass(frozen=True)
class Staged:
    """What an import hands to `publish`.

    `directory` is the one that `publisher` yielded. `carried` names tables taken over from the current version as they
    are, with their counts, sources and rejects. `net_amount_in` sums the readable net amounts of all order lines read;
    rejected rows whose amount could not be read are counted in `net_amount_unreadable_rows`. Where `order_lines` is
    carried, so are these figures and `as_of`. Without `as_of`, the last day with an order line is taken.
    """

    directory: Path
    shop: Shop
    tables: tuple[StagedTable, ...]
    rejects: Path | None
    sources: tuple[SourceFile, ...]
    net_amount_in: Decimal
    net_amount_rejected: Decimal
    net_amount_unreadable_rows: int
    as_of: date | None = None
    warnings: tuple[Message, ...] = ()
    carried: tuple[str, ...] = ()
    key_fingerprint: str = ""


def write_manifest(directory: Path, version: Version) -> Path:
    """Write the manifest of `version` into `directory`, which may be another folder than the version's own."""
    content = {"format": FORMAT, **asdict(version)}
    del content["path"]
    path = directory / MANIFEST
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    return path


def read_manifest(directory: Path) -> Version:
    """Raise `Refused` where the manifest is missing, unreadable, or of a later program."""
    path = directory / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise Refused(
                message(
                    "{path} was written by a later version of this program. Update the program, then try again.",
                    path=path,
                )
            )
        return version_from(directory, content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            message(
                "{path} cannot be read. Name another version to serve with `rollback`, or import the data again.",
                path=path,
            )
        ) from error


def version_from(directory: Path, content: dict[str, Any]) -> Version:
    """The manifest's JSON as a version in `directory`."""
    rejects = content.pop("rejects_file")
    return Version(
        path=directory,
        created_at=datetime.fromisoformat(content.pop("created_at")),
        as_of=date.fromisoformat(content.pop("as_of")),
        first_day=date.fromisoformat(content.pop("first_day")),
        shop=Shop(**content.pop("shop")),
        tables={name: table_from(**table) for name, table in content.pop("tables").items()},
        marts={name: tuple(DataFile(**file) for file in files) for name, files in content.pop("marts").items()},
        kept={name: tuple(DataFile(**file) for file in files) for name, files in content.pop("kept", {}).items()},
        sources=tuple(SourceFile(**source) for source in content.pop("sources")),
        warnings=tuple(_warning(warning) for warning in content.pop("warnings")),
        rejects_file=DataFile(**rejects) if rejects else None,
        net_amount_in=Decimal(content.pop("net_amount_in")),
        net_amount_published=Decimal(content.pop("net_amount_published")),
        net_amount_rejected=Decimal(content.pop("net_amount_rejected")),
        **content,
    )


def _warning(content: str | dict[str, Any]) -> Message:
    """Manifests of the first programs hold warnings as plain English."""
    return Message("{text}", {"text": content}) if isinstance(content, str) else Message.from_data(content)


def table_from(files: list[dict[str, Any]], **counts: int) -> TableStats:
    """One table of the manifest's JSON."""
    return TableStats(files=tuple(DataFile(**file) for file in files), **counts)
