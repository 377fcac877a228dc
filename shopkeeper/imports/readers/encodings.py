"""Which encoding a text file has: what the mapping says, its mark says, or its bytes allow without a guess."""

import codecs
import os
from pathlib import Path

import numpy as np
import pyarrow as pa

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.likeness import eastern, likeness, most_like, reads_as
from shopkeeper.lake.version import Shop
from shopkeeper.messages import Message, message

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
UNMARKED = {"utf-8-sig": ("utf-8", "utf-8-sig"), "utf-16": ("utf-16", "utf-16-le", "utf-16-be")}
"""What a mapping may say of a file with the mark of an encoding."""
NEED_MARKS = ("utf-16", "utf-32")
CHINESE_ZONES = (
    "Asia/Shanghai",
    "Asia/Chongqing",
    "Asia/Chungking",
    "Asia/Harbin",
    "Asia/Urumqi",
    "Asia/Kashgar",
    "PRC",
)
CHUNK = 1 << 20
FIRST_BYTE = 0xC0
"""In UTF-8, the first byte of a character of several is at least this, its other bytes are below."""
MOSTLY = 0.7
LEAST_LIKE = 0.6
"""What a Chinese shop's file must at least be like Chinese to be taken for it."""
FEW = 3
"""A file is UTF-8 with broken places where at least so many of its characters are sound for each that is not."""


def is_chinese(shop: Shop) -> bool:
    """Whether a shop's currency or timezone is that of mainland China, whose programs write GB18030."""
    return shop.currency == "CNY" or shop.timezone in CHINESE_ZONES


def encoding_of(path: Path, name: str, declared: str = "", *, chinese: bool = False) -> str:
    """The encoding of a file, by the name that Python has for it. `chinese`: whether GB18030 is to be expected.

    Raise `Refused` where its bytes are not in it, or could be in several.
    """
    with path.open("rb") as stream:
        start = stream.read(64)
    marked = next((encoding for mark, encoding in MARKS if start.startswith(mark)), "")
    if declared:
        return _declared(path, name, codecs.lookup(declared).name, marked)
    if not marked:
        return _detected(path, name, start, chinese=chinese)
    if fault := _undecodable(path, marked):
        raise Refused(
            message(
                "{name} says that it is {encoding}, but {fault}. Export it again as UTF-8.",
                name=name,
                encoding=marked,
                fault=fault,
            )
        )
    return marked


def _declared(path: Path, name: str, encoding: str, marked: str) -> str:
    if marked and encoding not in UNMARKED[marked]:
        raise Refused(
            message(
                "{name} begins with the mark of {marked}, but the mapping says encoding = {encoding}. Leave encoding "
                "out of the mapping.",
                name=name,
                marked=UNMARKED[marked][0],
                encoding=repr(encoding),
            )
        )
    if encoding in NEED_MARKS and not marked:
        raise Refused(
            message(
                "{name} does not begin with the mark that {encoding} needs. If it is {encoding} without a mark, say "
                "encoding = {offered} in the mapping; otherwise leave encoding out.",
                name=name,
                encoding=encoding,
                offered=repr(f"{encoding}-le"),
            )
        )
    encoding = marked or encoding
    if fault := _undecodable(path, encoding):
        raise Refused(
            message(
                "{name} is not {encoding}, as the mapping says: {fault}. Say another encoding there, such as cp1252, "
                "or leave it out.",
                name=name,
                encoding=encoding,
                fault=fault,
            )
        )
    return encoding


def _detected(path: Path, name: str, start: bytes, *, chinese: bool) -> str:
    """UTF-8, else GB18030 where that is likely. Text in one byte per letter fits GB18030 by chance too often."""
    _refuse_unmarked_utf16(name, start)
    as_utf8 = _undecodable(path, "utf-8")
    if not as_utf8:
        return "utf-8"
    _refuse_zeros(path, name)
    _refuse_broken_utf8(path, name, as_utf8)
    scores = likeness(path)
    best = eastern(path) or most_like(scores)
    if best not in ("", "gb18030") and (codec := reads_as(path, best)):
        raise Refused(
            message(
                "{name} is not UTF-8, and reads most like {encoding}. Save it as UTF-8, or say encoding = {offered} in "
                "the mapping.",
                name=name,
                encoding=best,
                offered=f'"{codec}"',
            )
        )
    if as_gb18030 := _undecodable(path, "gb18030"):
        raise _refuse_both(name, as_utf8, as_gb18030)
    if (chinese and scores.get("gb18030", 1.0) >= LEAST_LIKE) or _is_chinese_text(path):
        return "gb18030"
    raise Refused(
        message(
            "{name} is not UTF-8: {fault}. Its bytes make sense in several encodings, so none was guessed. Save it as "
            'UTF-8, or say in the mapping what it is, such as encoding = "cp1252" (or "gb18030" for Chinese).',
            name=name,
            fault=as_utf8,
        )
    )


def _refuse_both(name: str, as_utf8: Message, as_gb18030: Message) -> Refused:
    faults = [
        message("as {encoding}, {fault}", encoding=encoding, fault=fault)
        for encoding, fault in (("utf-8", as_utf8), ("gb18030", as_gb18030))
    ]
    return Refused(
        message(
            "{name} is text in no encoding that is told by itself: {first}; {second}. Save it as UTF-8, or say in "
            'the mapping what it is, such as encoding = "cp1252".',
            name=name,
            first=faults[0],
            second=faults[1],
        )
    )


def _refuse_broken_utf8(path: Path, name: str, fault: Message) -> None:
    """Raise `Refused` for a file that is UTF-8 but for few places: in another encoding hardly a character would be."""
    sound = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            text = decoder.decode(chunk)
            bad = text.count("\N{REPLACEMENT CHARACTER}")
            broken += bad
            sound += len(text) - bad - len(text.encode("ascii", errors="ignore"))
    if sound >= FEW * broken:
        raise Refused(
            message(
                "{name} is UTF-8 but for some broken characters: {fault}. Mend them, or export it again as UTF-8.",
                name=name,
                fault=fault,
            )
        )


def _refuse_zeros(path: Path, name: str) -> None:
    """Raise `Refused` for UTF-16 without its mark: each line break and delimiter in it has a byte that is zero."""
    with path.open("rb") as stream:
        start = stream.read(CHUNK)
    zeros = [start[odd::2].count(0) for odd in (0, 1)]
    if sum(zeros) and max(zeros) >= 0.9 * sum(zeros):
        raise _unmarked_utf16(name, "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be")


def _refuse_unmarked_utf16(name: str, start: bytes) -> None:
    for offered, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(start) >= 4 and zeros.count(0) > 0.8 * len(zeros):
            raise _unmarked_utf16(name, offered)


def _unmarked_utf16(name: str, offered: str) -> Refused:
    return Refused(
        message(
            "{name} looks like UTF-16 without its mark. Save it as UTF-8, or say encoding = {offered} in the mapping.",
            name=name,
            offered=repr(offered),
        )
    )


def _undecodable(path: Path, encoding: str) -> Message | None:
    """What is wrong with a file's bytes; `None` where all can be decoded."""
    if encoding.startswith("utf-8") and _is_utf8(path):
        return None
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                text = error.object[: error.start].decode(encoding, errors="ignore")
                bad = error.object[error.start : error.start + 4].hex(" ")
                return message(
                    "line {line} holds bytes that are not text ({bytes})", line=line + text.count("\n"), bytes=bad
                )
            if not chunk:
                return None


def _is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8, asked many bytes at a time; where it is not, somebody else says where."""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            begun = _begun(chunk[-3:]) if len(chunk) == CHUNK else 0
            stream.seek(-begun, os.SEEK_CUR)
            if not _is_text(chunk, len(chunk) - begun):
                return False
    return True


def _begun(last: bytes) -> int:
    """How many of the last bytes begin a character that may go on."""
    return next((number for number in (1, 2, 3) if last[-number] >= FIRST_BYTE), 0)


def _is_text(part: bytes, size: int) -> bool:
    places = pa.py_buffer(np.array([0, size], np.int32))
    try:
        pa.Array.from_buffers(pa.binary(), 1, [None, places, pa.py_buffer(part)]).cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _is_chinese_text(path: Path) -> bool:
    """Whether most of what is not ASCII, read as GB18030, are common Chinese characters or marks.

    Common are the rows B0 to D7 of GB 2312, both bytes high. Letters with accents between plain ones never make them;
    Korean and Russian texts use a part of these rows only, or others.
    """
    common = late = others = 0
    decoder = codecs.getincrementaldecoder("gb18030")()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            for character in decoder.decode(chunk):
                if character <= "\x7f":
                    continue
                code = character.encode("gb18030")
                is_common = len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3)) and code[1] >= 0xA1
                common += is_common
                late += is_common and code[0] > 0xC8
                others += not is_common
    return common >= MOSTLY * (common + others) and late >= 0.1 * common
