"""Where a table lies in its file: the row of its headings, lines of totals, sheets, the encoding of its text."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.imports.guess import headings
from shopkeeper.imports.mapping.declared import AS_IT_IS, Layout
from shopkeeper.imports.readers import csv_file, workbook
from shopkeeper.imports.readers.encodings import encoding_of
from shopkeeper.imports.readers.files import PARQUET, WORKBOOK, refuse_kind
from shopkeeper.imports.readers.samples import ROWS, Sample, sample
from shopkeeper.imports.readers.staged import own_names

ENCODINGS = ("gb18030", "cp1252", "big5", "shift_jis", "euc-kr", "cp1250", "cp1251", "utf-16-le")
FIRST_LINES, TAIL_BYTES, SHOWN = 60, 1 << 16, 60
TOTALS = ("total", "totals", "grand total", "sum", "合计", "总计", "总和", "小计", "summe", "gesamt", "gesamtsumme")
KNOWN = frozenset(
    headings.folded(name) for columns in headings.TABLES.values() for names in columns.values() for name in names
)
FEW = 2
"""So many known headings make a row that of the headings; one could stand in a title."""


def look(path: Path, name: str, encoding: str = "") -> tuple[Sample, ...]:
    """The tables in a file: one for most, one for each kind of sheet of a workbook. Raise `Refused` where it cannot be
    read."""
    refuse_kind(path, name)
    kind = path.suffix.lower()
    if kind in PARQUET:
        return (sample(path, name),)
    if kind in WORKBOOK:
        return _of_workbook(path, name)
    if not encoding:
        try:
            read_as = encoding_of(path, name)
        except Refused:
            texts: dict[str, str] = {}
            for each in ENCODINGS:
                if text := _text_in(path, each):
                    texts.setdefault(text, each)
            if not texts:
                raise
            return (Sample(name, (), (), AS_IT_IS, tuple((each, text) for text, each in texts.items())),)
        # What is not UTF-8 is said in the mapping: next time nothing has to be told from bytes.
        encoding = read_as if read_as == "gb18030" else ""
    else:
        read_as = encoding
    top = sample(path, name, _of_text(path, read_as, encoding))
    return (replace(top, rows=tuple(row for row in top.rows if _is_row(row, top.layout))),)


def _text_in(path: Path, encoding: str) -> str:
    """The first piece that is not ASCII, read in an encoding; empty where the bytes are no text in it."""
    try:
        text = path.read_text(encoding=encoding)
    except UnicodeError:
        return ""
    if "\0" in text or any("\x80" <= letter < "\xa0" for letter in text):
        return ""
    piece = re.search(r"[^\n\r,;\t|]*[^\x00-\x7f][^\n\r,;\t|]*", text)
    return piece[0].strip()[:SHOWN] if piece else ""


def _of_text(path: Path, read_as: str, encoding: str) -> Layout:
    with path.open(encoding=read_as, newline="", errors="replace") as stream:
        lines = list(islice(stream, FIRST_LINES))
    hinted = bool(lines) and csv_file.SEPARATOR.fullmatch(lines[0])
    best: tuple[tuple[int, int], list[list[str]], int] | None = None
    for delimiter in csv_file.DELIMITERS:
        try:
            records = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        at = header_row(records)
        row = records[at] if records else []
        fitness = (_known(row), len(row))
        if best is None or fitness > best[0]:
            best = (fitness, records, at)
    if best is None:
        return Layout(encoding)
    (_, width), records, at = best
    row = records[at] if records else []
    above = any(any(cell.strip() for cell in record) for record in records[:at]) and not (hinted and at == 1)
    return _with_totals(
        Layout(encoding, header=_telling(row) if above else ()), row, _last(path, read_as, width), width
    )


def header_row(rows: Sequence[Sequence[str | None]]) -> int:
    """The row of the headings: the first with most words that are known for headings, else the first filled as widely
    as any."""
    recognised = [_known(row) for row in rows]
    if recognised and max(recognised) >= FEW:
        return recognised.index(max(recognised))
    widths = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
    return widths.index(max(widths)) if widths else 0


def _known(row: Sequence[str | None]) -> int:
    return sum(headings.folded(cell) in KNOWN for cell in row if cell)


def _telling(row: Sequence[str | None]) -> tuple[str, ...]:
    """Enough of the headings to find their row by, wherever it stands next month."""
    filled = [cell.strip() for cell in row if cell and cell.strip()]
    recognised = [cell for cell in filled if headings.folded(cell) in KNOWN]
    return tuple(dict.fromkeys((*recognised, *filled)))[:4]


def _last(path: Path, encoding: str, width: int) -> Sequence[str | None]:
    """The last record, by the delimiter that makes it as wide as the header, or the widest."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = stream.read().decode(encoding, errors="replace").rstrip()
    line = text.rsplit("\n", maxsplit=1)[-1]
    records = []
    for delimiter in csv_file.DELIMITERS:
        try:
            records += list(csv.reader(io.StringIO(line), delimiter=delimiter))
        except csv.Error:
            continue
    return max(records, key=lambda record: (len(record) == width, len(record)), default=[])


def _with_totals(layout: Layout, row: Sequence[str | None], last: Sequence[str | None], width: int) -> Layout:
    """A line of totals at the end is no row: left out by its word, or by its place where it is not as wide."""
    places = [place for place, cell in enumerate(last) if cell and headings.folded(cell.rstrip(":：")) in TOTALS]
    if not places or len(last) > width:
        return layout
    word, heading = str(last[places[0]]).strip(), (row[places[0]] or "").strip()
    if len(last) < width or not heading:
        return Layout(layout.encoding, sheets=layout.sheets, header=layout.header, footer_rows=1)
    return Layout(layout.encoding, sheets=layout.sheets, header=layout.header, leave_out=((heading, (word,)),))


def _of_workbook(path: Path, name: str) -> tuple[Sample, ...]:
    """Sheets with the same headings are one table; hidden ones are not read."""
    tops = workbook.tops(path, name, ROWS + FIRST_LINES)
    kinds: dict[tuple[str, ...], list[tuple[workbook.SheetTop, int]]] = {}
    for top in tops:
        if top.visible:
            at = header_row(top.rows[:FIRST_LINES])
            kinds.setdefault(tuple(cell or "" for cell in top.rows[at]), []).append((top, at))
    samples = []
    for row, sheets in kinds.items():
        layout = Layout(
            sheets=tuple(sheet.name for sheet, _ in sheets) if len(sheets) < len(tops) else (),
            header=_telling(row) if any(at for _, at in sheets) else (),
        )
        layout = _with_totals(layout, row, sheets[0][0].last, len(row))
        rows = [values for sheet, at in sheets for values in sheet.rows[at + 1 :] if _is_row(values, layout)]
        samples.append(Sample(name, own_names(row)[0], tuple(rows[:ROWS]), layout))
    return tuple(samples)


def _is_row(values: Sequence[str | None], layout: Layout) -> bool:
    """Neither empty nor a line of totals."""
    cells = {(cell or "").strip() for cell in values}
    return bool(cells - {""}) and not any(text in cells for _, texts in layout.leave_out for text in texts)
