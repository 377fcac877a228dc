"""Many records of a CSV file counted at once, by where its delimiters, quotation marks and line ends stand.

Only what is plainly sound is counted so; all else is left to Python's csv module, which says what is wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, AnyStr

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 20
"""Bytes that are counted at once."""
PLAIN = ("utf-8", "utf-8-sig")
"""Encodings whose bytes are counted as they lie; others are written anew as UTF-8 first."""
MARK = b"\xef\xbb\xbf"
QUOTE, LINE, RETURN = b'"\n\r'
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """Whole records: how many, the last one as it stands, and how many bytes the values of all have in UTF-8."""

    records: int
    last: bytes
    bytes: int


def blocks(path: Path, encoding: str, above: int) -> Iterator[bytes]:
    """The file's bytes in UTF-8, without a mark and the lines `above`, cut behind a line end."""
    if encoding not in PLAIN:
        with path.open(encoding=encoding, newline="") as stream:
            yield from (text.encode() for text in _cut(stream, above, BLOCK))
        return
    with path.open("rb") as stream:
        if encoding == "utf-8-sig" and stream.read(len(MARK)) != MARK:
            stream.seek(0)
        yield from _cut(stream, above, BLOCK)


def _cut(stream: IO[AnyStr], above: int, size: int) -> Iterator[AnyStr]:
    for _ in range(above):
        stream.readline()
    while block := stream.read(size):
        yield block + stream.readline()


def counted(block: bytes, delimiter: str, width: int, longest: int) -> Block | None:
    """A block of records that have `width` values each; `None` where it takes a parser to tell.

    So it does where a line is empty, a quotation mark stands within a value that is not quoted, a value goes on beyond
    the block, a carriage return ends no line, or a record has more than `longest` bytes.
    """
    mark = delimiter.encode()
    if width < 2 or len(mark) != 1:
        return None
    data = np.frombuffer(block, np.uint8)
    quoted = _quoted(data, mark[0]) if b'"' in block else _NOTHING_QUOTED
    if quoted is None:
        return None
    ends, delimiters = (_places(data, each, quoted) for each in (LINE, mark[0]))
    returns = _places(data, RETURN, quoted) if b"\r" in block else ends[:0]
    line_ends = len(ends) + len(returns)
    if len(returns) and (returns[-1] + 1 == len(data) or (data[returns + 1] != LINE).any()):
        return None
    if data[-1] != LINE:
        ends = np.append(ends, len(data))
    starts = np.append(0, ends[:-1] + 1)
    of_record = delimiters.reshape(len(ends), -1) if len(delimiters) == len(ends) * (width - 1) else None
    if of_record is None or (of_record[:, 0] < starts).any() or (of_record[:, -1] > ends).any():
        return None
    if (ends - starts).max() > longest:
        return None
    size = len(data) - line_ends - len(delimiters) - quoted.marks
    return Block(len(ends), block[starts[-1] :], int(size))


@dataclass(frozen=True)
class _Quoted:
    """`inside`: 1 for bytes within quotation marks; `marks`: how many of these marks belong to no value."""

    inside: NDArray[np.uint8] | None
    marks: int


_NOTHING_QUOTED = _Quoted(None, 0)


def _quoted(data: NDArray[np.uint8], delimiter: int) -> _Quoted | None:
    """What is quoted; `None` where a mark neither opens a value, nor closes it, nor is one of two that mean one."""
    marks = data == QUOTE
    places = np.flatnonzero(marks)
    if len(places) % 2:
        return None
    around = np.concatenate(([LINE], data, [LINE])).astype(np.uint8)
    before, after = around[places[::2]], around[places[1::2] + 2]
    opens = (before == delimiter) | (before == LINE)
    closes = (after == delimiter) | (after == LINE) | (after == RETURN)
    if not ((opens | (before == QUOTE)).all() and (closes | (after == QUOTE)).all()):
        return None
    values = int(opens.sum())
    # Two marks within a value mean one; two around it mean none.
    return _Quoted(np.cumsum(marks, dtype=np.uint8) & np.uint8(1), values + len(places) // 2)


def _places(data: NDArray[np.uint8], byte: int, quoted: _Quoted) -> Places:
    is_there = data == byte
    return np.flatnonzero(is_there if quoted.inside is None else is_there & (quoted.inside == 0))
