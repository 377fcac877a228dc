"""CSV: exact where it is sound, refused with a sentence where it is not, and no record lost in between."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Literal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.readers import csv_blocks, csv_file, csv_records, encodings
from shopkeeper.imports.readers.encodings import encoding_of
from shopkeeper.imports.readers.reading import staged_rows

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
    "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip


def read(connection: duckdb.DuckDBPyConnection, content: bytes, folder: Path) -> list[list[str]]:
    """Header and records, an empty value as an empty text."""
    folder.mkdir(exist_ok=True)
    path, target = folder / "file.csv", folder / "file.parquet"
    path.write_bytes(content)
    try:
        strings = csv_file.stage(connection, path, path.name, target)
        found = staged_rows(connection, strings.place).order("line").fetchall()
    finally:
        for left in folder.glob("file*"):
            left.unlink()
    assert [row[0] for row in found] == list(range(1, strings.rows + 1))
    return [list(strings.header), *([value or "" for value in row[1:]] for row in found)]


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_is_read_exactly(
    name: str, bad_input: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = (bad_input / "csv-spectrum" / "csvs" / f"{name}.csv").read_bytes()
    if name.endswith("_crlf"):  # the stored copies went through a version control that took the CR away
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    expected = json.loads((bad_input / "csv-spectrum" / "json" / f"{name}.json").read_bytes())
    header, *records = read(connection, content, tmp_path / "csv")
    assert [dict(zip(header, record, strict=True)) for record in records] == expected


def test_every_bad_csv_is_read_whole_or_refused(
    bad_input: Path, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    read_whole, refusals = 0, []
    for path in sorted((bad_input / "frictionless").rglob("*.csv")):
        if path.stat().st_size == 0:
            continue
        target = tmp_path / "file.parquet"
        try:
            strings = csv_file.stage(connection, path, path.name, target)
        except Refused as refusal:
            refusals.append((path.name, str(refusal)))
        else:
            read_whole += 1
            encoding = encoding_of(path, path.name)
            delimiter = csv_file.detect_delimiter(path, path.name, encoding, ())
            with path.open(encoding=encoding, newline="") as stream:
                records = [record for record in csv.reader(stream, delimiter=delimiter) if record]
            found = staged_rows(connection, strings.place).order("line").fetchall()
            assert [[value or "" for value in row[1:]] for row in found] == records[1:]
        for left in tmp_path.glob("file*"):
            left.unlink()
    assert read_whole > 90
    assert all(told.startswith(name) and told.endswith(".") for name, told in refusals)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n7,8\n', "record 2 has a quotation mark in the wrong place, or one that never closes"),
        (b"a,b\n1,2\n3\n", "record 2 has 1 values, but the header names 2 columns: '3'"),
        (b"a,b\n1,2,3\n", "record 1 has 3 values"),
        (b'a,b\n1,"x"y\n', "record 1 has a quotation mark in the wrong place"),
        (b"a, \n1,2\n", "column 2 has no name"),
        (b"a,b\n1,\xff\xff\n", "is text in no encoding that is told by itself"),
        (b"\n\n", "has no header"),
        (b"PK\x03\x04rest", "looks like .xlsx"),
    ],
)
def test_a_broken_structure_refuses_the_file(
    content: bytes, sentence: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refusal:
        read(connection, content, tmp_path / "csv")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("gb18030"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_chinese_survives_every_encoding_and_line_end(
    encode: object, newline: str, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = newline.join(["城市,名称", "上海,女士连衣裙", '"北京, 朝阳",𠮷野家', ""])
    assert callable(encode)
    assert read(connection, encode(text), tmp_path / "csv") == [
        ["城市", "名称"], ["上海", "女士连衣裙"], ["北京, 朝阳", "𠮷野家"],
    ]  # fmt: skip


def test_mixed_line_ends_and_blanks_before_a_quote_are_read_as_they_stand(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert read(connection, b'a,b\n1,2\r\n3, "x"\n', tmp_path / "csv") == [["a", "b"], ["1", "2"], ["3", ' "x"']]


def test_a_file_name_full_of_patterns_is_just_a_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "[ab]*{c}?.csv"
    path.write_text("a;b\n1;2\n")
    assert csv_file.stage(connection, path, path.name, tmp_path / "out.parquet").header == ("a", "b")


def test_one_byte_more_or_less_loses_no_record(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    random_ = random.Random(20261122)
    lines = [f'{n},"name, {n}","say ""{n}""",{n * 1.5}' for n in range(30)]
    good = ("id,name,note,price\n" + "\n".join(lines) + "\n").encode()
    outcomes = {"read": 0, "refused": 0}
    for _ in range(120):
        at = random_.randrange(len(good))
        inserted = bytes([random_.choice(b'",\n\r;x\xff\x00')])
        content = good[:at] + good[at + 1 :] if random_.random() < 0.5 else good[:at] + inserted + good[at:]
        try:
            found = read(connection, content, tmp_path / "csv")
        except Refused:
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        delimiter = ";" if content.split(b"\n")[0].count(b";") > content.split(b"\n")[0].count(b",") else ","
        text = io.StringIO(content.decode(), newline="")
        assert found == [record for record in csv.reader(text, delimiter=delimiter) if record]
    assert min(outcomes.values()) > 10


VALUES = st.text(st.sampled_from('ab 1,;"\n好'), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=12),
    end=st.sampled_from(("\n", "\r\n")),
    block=st.integers(1, 40),
)
def test_records_are_counted_as_the_csv_module_counts_them(
    rows: list[list[str]], end: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK", block)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([["x", "y", "z"], *rows])
    path = tmp_path / "file.csv"
    path.write_bytes(text.getvalue().encode())
    counted = csv_records.examine(path, path.name, csv_records.Dialect("utf-8", ","), ("x", "y", "z"))
    read_back = list(csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True))[1:]
    assert counted.rows == len(read_back)
    assert counted.bytes == sum(len(value.encode()) for record in read_back for value in record)


@given(
    rows=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=12),
    end=st.sampled_from(("\n", "\r\n")),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
)
def test_sound_records_are_counted_without_a_parser_quoted_or_not(
    rows: list[list[str]], end: str, quoting: Literal[0, 1]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)
    made = csv_blocks.counted(text.getvalue().encode(), ",", 3, 1000)
    assert made is not None
    assert (made.records, made.bytes) == (len(rows), sum(len(value.encode()) for row in rows for value in row))
    assert next(csv.reader(io.StringIO(made.last.decode(), newline=""))) == rows[-1]


CELLS = ("a", "", '"a"', '"a""b"', '""', '"a,b"', '"a\nb"', 'a"a"a', 'a"', '"', '"a"b', ' "a"', "\r", "a\rb", "a,b")


@given(st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS), st.sampled_from(("\n", "\r\n", "")))))
def test_a_block_is_never_counted_otherwise_than_the_csv_module_reads_it(rows: list[tuple[str, str, str]]) -> None:
    text = "".join(f"{first},{second}{end}" for first, second, end in rows) or "a,b"
    made = csv_blocks.counted(text.encode(), ",", 2, 1000)
    if made is not None:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert [len(record) for record in records] == [2] * made.records
        assert made.bytes == sum(len(value) for record in records for value in record)


@pytest.mark.parametrize("record", ['b,"\0"', "b,\0"])
def test_a_nul_is_seen_in_every_block(record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK", 4)
    for text, has_nul in (("x,y\na,b\na,b\n", False), (f"x,y\na,b\n{record}\na,b\n", True)):
        (tmp_path / "file.csv").write_text(text)
        read_back = csv_records.examine(tmp_path / "file.csv", "", csv_records.Dialect("utf-8", ","), ("x", "y"))
        assert read_back.has_nul == has_nul


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from([b"a", b"\n", "好".encode(), "𠮷".encode(), b"\xe5", b"\xff"]), max_size=8))
def test_utf8_is_told_wherever_a_character_is_cut(
    parts: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "CHUNK", 4)
    content = b"".join(parts)
    (tmp_path / "file").write_bytes(content)
    try:
        content.decode()
    except UnicodeDecodeError:
        with pytest.raises(Refused):
            encoding_of(tmp_path / "file", "file")
    else:
        assert encoding_of(tmp_path / "file", "file") == "utf-8"
