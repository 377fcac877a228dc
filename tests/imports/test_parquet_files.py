"""Parquet: types are kept, and a damaged file is a sentence; tried in a process of its own, because some are bombs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports.conftest import check

CHILD = """
import json, resource, sys
from pathlib import Path
import duckdb
from shopkeeper.errors import Refused
from shopkeeper.imports.readers.files import InputFile
from shopkeeper.imports.checks.candidates import candidates
from shopkeeper.imports.checks.split import split
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.mapping.declared import ColumnMapping, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn
from shopkeeper.imports.readers.reading import open_file
from shopkeeper.lake.version import Shop
from shopkeeper.imports.checks.stage import workbench
from shopkeeper.contract.tables import CUSTOMERS
from datetime import date

resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
folder, answers = Path(sys.argv[1]), {}
with workbench(folder) as connection:
    for number, path in enumerate(map(Path, sys.argv[2:])):
        try:
            file = InputFile(path, path.name, "customers", "", path.stat().st_size)
            reading = open_file(connection, file, TableMapping("customers", ()), folder / str(number))
            good = 0
            for column in reading.columns:
                mapping = TableMapping("customers", (ColumnMapping("customer_id", SourceColumn(column.name)),))
                made = candidates(reading, mapping, CUSTOMERS, Terms(Shop("x", "CNY", "UTC"), "", date(2026, 1, 1)))
                result = split(connection, made, CUSTOMERS, None, folder / "good.parquet")
                assert result.rows_in == reading.rows
                good += result.rows_good
            answers[path.name] = f"read {good}"
        except Refused as refusal:
            answers[path.name] = str(refusal)
print(json.dumps(answers))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_every_bad_parquet_is_read_or_refused_within_bounds(bad_input: Path, tmp_path: Path) -> None:
    found = sorted(path for path in (bad_input / "parquet-testing").rglob("*.parquet*"))
    linked = []
    for path in found:
        link = tmp_path / path.name.replace(".encrypted", "")
        link.symlink_to(path)
        linked.append(link)
    command = [sys.executable, "-c", CHILD, str(tmp_path / "scratch"), *map(str, linked)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert child.returncode == 0, child.stderr[-2000:]
    answers, peak = child.stdout.splitlines()
    told = json.loads(answers)
    assert set(told) == {link.name for link in linked}
    assert all(answer.startswith(("read ", name)) for name, answer in told.items())
    assert "damaged or encrypted" in told["encrypt_columns_and_footer.parquet"]
    assert int(peak) < 3_000_000


def test_a_text_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(Exception, match=r"customers.parquet is damaged or encrypted"):
        check([path], tmp_path / "staging")
