"""docs/mapping.md: each example of an option gives what the document says that it gives."""

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import columns, rules, tables
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.lake.rejects import LEFT_EMPTY
from tests.imports.conftest import SHOP, check
from tests.paths import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "mapping.md"
BLOCK = re.compile(r"^(#+ [^\n]*)$|^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
USUAL = {"order_id": "id", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}


@dataclass
class Example:
    """One example: a mapping, the files that it reads, and the rows that come of them."""

    title: str
    mapping: str
    files: dict[str, str] = field(default_factory=dict)
    table: str = "order_lines"
    result: str = ""


def examples() -> Iterator[Example]:
    title, example = "", None
    for heading, kind, name, text in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")):
        if heading:
            title = heading.lstrip("# ")
        elif kind == "toml":
            example = Example(title, text)
        elif kind == "csv" and example:
            example.files[name or "lines.csv"] = text
        elif kind == "result" and example:
            example.table, example.result = name or "order_lines", text
            yield example


def completed(text: str) -> dict[str, Any]:
    content = tomllib.loads(text)
    for name, table in content["tables"].items():
        table.setdefault("files", "*")
        if name == "order_lines":
            table["columns"] = {**USUAL, **table.get("columns", {})}
    content["shop"] = SHOP
    return content


EXAMPLES = list(examples())
ORDERS = "order_id,ordered_at,sku,quantity,net_amount\n0,2026-01-01,x,1,1\n"


def test_the_document_has_examples_of_every_part() -> None:
    headings = re.findall(r"^### (.*)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert {example.title for example in EXAMPLES} >= set(headings)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.title for example in EXAMPLES])
def test_an_example_gives_what_the_document_says(example: Example, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in example.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    mapping = parse_mapping("example", completed(example.mapping))
    lines = example.result.splitlines()
    expected = list(csv.reader(io.StringIO("\n".join(line for line in lines if not line.startswith("rejected ")))))
    if example.table == "order_lines":
        checked = check([folder], tmp_path / "work", mapping)
        shown = [[plain(row[name]) for name in expected[0]] for row in checked.good]
        rows = {(each["line"], each["rule"]) for each in checked.rejects if each["rule"] != LEFT_EMPTY}
        faults = Counter(rule for _, rule in rows)
    else:
        shown, faults = published(example, folder, mapping, expected[0], tmp_path)
    assert sorted(shown) == sorted(expected[1:])
    said = [f"rejected {number} {rule}" for rule, number in faults.items()]
    assert sorted(said) == sorted(line for line in lines if line.startswith("rejected "))


def published(
    example: Example, folder: Path, mapping: Mapping, names: list[str], tmp_path: Path
) -> tuple[list[list[str]], Counter[str]]:
    """Rows of another table, which comes with order lines or beside some."""
    lake = tmp_path / "lake"
    orders = tmp_path / "order_lines.csv"
    orders.write_text(ORDERS)
    if "[tables.order_lines" not in example.mapping:
        import_files([orders], parse_mapping("plain", {"identity": True, "shop": SHOP}), lake)
    outcome = import_files([folder], mapping, lake)
    with duckdb.connect() as connection:
        rows = connection.read_parquet([str(path) for path in outcome.version.files(example.table)])
        named = rows.project(*(duckdb.ColumnExpression(name) for name in names)).fetchall()
    faults = Counter({broken.rule: broken.rows for broken in outcome.broken_rules})
    return [[plain(value) for value in row] for row in named], faults


def plain(value: object) -> str:
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def test_every_option_of_the_language_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    options = (
        *rules.FORMS, *rules.REFINEMENTS, *rules.OPTIONS, *columns.OPTIONS, *tables.TABLE_KEYS, *tables.ORDER_KEYS,
        "notes", "leave", "identity", "optional", "source_timezone", "as_of",
    )  # fmt: skip
    assert [name for name in dict.fromkeys(options) if not re.search(rf"\b{name}\b", text)] == []
