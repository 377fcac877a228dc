"""The documentation says what the code says."""

import re
from pathlib import Path

import pytest

from shopkeeper.contract.tables import TABLES
from shopkeeper.imports.mapping import file
from shopkeeper.imports.sources import declaration
from shopkeeper.measures.lookup import MEASURES
from shopkeeper.query_files import QUERIES
from tests.paths import REPOSITORY
from tools.dictionary import FILE, frames, render

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*/README.md")])


def test_the_data_dictionary_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run `python -m tools.dictionary`"


def test_every_query_table_and_measure_is_in_the_data_dictionary() -> None:
    text = FILE.read_text(encoding="utf-8")
    queries = [path.relative_to(QUERIES).with_suffix("").as_posix() for path in QUERIES.rglob("*.sql")]
    tables = [table.name for table in (*TABLES, *frames())]
    measures = [measure.name for measure in MEASURES]
    assert [name for name in (*queries, *tables, *measures) if f"`{name}`" not in text] == []
    assert len(set(tables)) == len(tables), "two tables of one name"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_and_named_files_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    named = re.findall(r"`((?:shopkeeper|queries|pages|tests|docs|benchmarks|sample_data)/[\w./-]+\.\w+)`", text)
    missing = [name for name in linked if not (document.parent / name).exists()]
    missing += [name for name in named if not (REPOSITORY / name).exists()]
    assert not missing


def test_the_mapping_that_the_document_shows_as_a_whole_is_one(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "mapping.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    needed = "".join(f'{name} = "{name}"\n' for name in ("ordered_at", "sku", "quantity", "net_amount"))
    written = tmp_path / "mine.toml"
    written.write_text(shown + needed, encoding="utf-8")
    assert [table.name for table in file.load(written).tables] == ["order_lines"]


def test_the_sources_that_operations_shows_are_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = [each for each in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[sources." in each]
    for name in re.findall(r"\$\{(\w+)\}", "".join(shown)):
        monkeypatch.setenv(name, "any")
    written = tmp_path / "sources.toml"
    kinds = []
    for each in shown:
        written.write_text(each, encoding="utf-8")
        (source,) = declaration.load(written)
        kinds.append(type(source.place).__name__)
    assert kinds == ["Folder", "Database", "Database", "Storage"]


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
