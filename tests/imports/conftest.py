"""A bench to check files on, without publishing them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import stage
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.readers import files as input_files

SHOP = {"name": "Test shop", "currency": "CNY", "timezone": "Asia/Shanghai"}
AN_AMERICAN_SHOP = Acceptance("Test shop", "USD", "America/New_York")
IDENTITY = {"identity": True, "shop": SHOP}
NOT_AFTER = date(2026, 11, 24)
HEADER = "order_id,ordered_at,sku,quantity,net_amount,customer_id,status,currency"
GOOD_LINE = "1,2026-05-01 10:00:00,A,2,19.90,ann,sale,CNY"


@dataclass(frozen=True)
class Checked:
    """Good rows and rejects as dictionaries, and what was counted."""

    table: stage.TableInStaging
    good: Sequence[Mapping[str, Any]]
    rejects: Sequence[Mapping[str, Any]]

    def rules(self) -> list[tuple[int, str, str]]:
        """(line, column, rule) of every reject."""
        return sorted((each["line"], each["column"], each["rule"]) for each in self.rejects)


def rows_of(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All rows of some Parquet files."""
    if not paths:
        return []
    relation = connection.read_parquet([str(path) for path in paths])
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def check(
    paths: Sequence[Path], directory: Path, mapping: FileMapping | None = None, *, with_rows: bool = True
) -> Checked:
    """Check the files of one table; `with_rows` false leaves the good ones in their files."""
    mapping = mapping or parse_mapping("test", IDENTITY)
    found, _ = input_files.find(paths, mapping)
    with stage.workbench(directory / "scratch") as connection:
        ((of_table, files),) = stage.in_order(found, mapping)
        terms = Terms(mapping.shop, mapping.source_timezone, NOT_AFTER)
        beside = [file for file in found if file.lookup]
        table = stage.stage_table(connection, of_table, files, terms, directory, beside=beside)
        good = rows_of(connection, table.good) if with_rows else []
        return Checked(table, good, rows_of(connection, table.rejects))


@contextmanager
def rows_written(*, once: bool) -> Iterator[None]:
    """Whether rows that were typed are written once, as those of small files are, or made anew by each question."""
    with pytest.MonkeyPatch.context() as patch:
        if not once:
            patch.setattr(stage, "FEW_ROWS", 0)
        yield


@pytest.fixture
def check_text(tmp_path: Path) -> Callable[..., Checked]:
    """Check a text as the CSV file of a table."""

    def run(text: str, table: str = "order_lines", mapping: FileMapping | None = None) -> Checked:
        path = tmp_path / f"{table}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return check([path], Path(tempfile.mkdtemp(dir=tmp_path)), mapping)

    return run


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="session")
def bad_input(real_data: Path) -> Path:
    return real_data / "badinput"
