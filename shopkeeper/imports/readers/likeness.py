"""Which East Asian encoding a text's bytes are most like: read in the right one, nearly all characters are common.

Two bytes of one encoding are two bytes of another, so that nothing fails; but what comes out are characters that
nobody writes. Common are the first levels of the standards: GB 2312 (3,755 characters by their sound), Big5 (5,401),
JIS X 0208 (2,965) with the kana, and the Hangul of KS X 1001.
"""

import codecs
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

SAMPLE = 4 << 20
"""So many bytes are looked at."""
CODECS: Mapping[str, tuple[str, ...]] = {
    "gb18030": ("gb18030",),
    "big5": ("big5", "cp950", "big5hkscs"),
    "shift_jis": ("shift_jis", "cp932"),
    "euc-jp": ("euc_jp",),
    "euc-kr": ("euc_kr",),
}
"""By the name of an encoding the codecs that read it, the narrowest first: the first that reads all is the one."""
LIKELY, CLEARLY = 0.85, 0.15
"""A text is likely in an encoding where so large a share of its letters is common there, and so much more than in
others."""
KANA = range(0x3041, 0x30FF)
EARLY = {"euc-kr": 0xC8, "euc-jp": 0xCF}
"""The last of the rows in which these have what nearly all texts are written with. GB 2312, which is in the order of
the sound, has more than a third of its common characters behind the first, and a fifth behind the second."""
LEAST_DISTINCT, LEAST_WITHOUT_KANA = 30, 80
MOST_LATE, LEAST_KANA = 0.05, 0.1
LETTERS = ("Lo", "Lm", "Ll", "Lu", "Co", "Cn", "Cc")
"""Categories of Unicode that are weighed; marks, signs and pictures stand in every script."""


def likeness(path: Path) -> dict[str, float]:
    """By encoding, how much of what is no ASCII would be common letters: 0 to 1.

    Encodings that the bytes are not in are left out.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE)
    scores = {}
    for name, readers in CODECS.items():
        text = next((text for reader in readers if (text := _decoded(sample, reader)) is not None), None)
        if text is not None:
            scores[name] = _share_of_common(text, _common(name), rare=name == "gb18030")
    return scores


def eastern(path: Path) -> str:
    """EUC-KR or EUC-JP, where a text is clearly that though its bytes are common Chinese characters too; else empty.

    Told by where the different characters of the text lie: in Chinese ones they lie in all rows of GB 2312. Of few
    different characters nothing is told, and of a text without kana only if it has many.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE)
    for name, last in EARLY.items():
        text = _decoded(sample, CODECS[name][0])
        if text is None:
            continue
        letters = Counter(each for each in text if each > "\x7f" and unicodedata.category(each) in LETTERS)
        kana = sum(n for each, n in letters.items() if ord(each) in KANA)
        rows = [each.encode(CODECS[name][0])[0] for each in letters if ord(each) not in KANA]
        has_kana = name == "euc-kr" or kana >= LEAST_KANA * letters.total()
        late = sum(row > last for row in rows)
        if len(rows) >= (LEAST_DISTINCT if has_kana else LEAST_WITHOUT_KANA) and late <= MOST_LATE * len(rows):
            return name
    return ""


def most_like(scores: Mapping[str, float]) -> str:
    """The encoding that a text is clearly in; empty where it is in none, or may be in several."""
    best = max(scores, key=lambda name: scores[name], default="")
    others = [score for name, score in scores.items() if name != best]
    clear = best and scores[best] >= LIKELY and all(scores[best] - score >= CLEARLY for score in others)
    return best if clear else ""


def reads_as(path: Path, name: str) -> str:
    """The first codec of an encoding that reads the whole file; empty where none does."""
    return next((codec for codec in CODECS[name] if _reads(path, codec)), "")


def _reads(path: Path, codec: str) -> bool:
    try:
        with path.open(encoding=codec, newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _decoded(sample: bytes, codec: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return None


def _share_of_common(text: str, common: frozenset[str], *, rare: bool) -> float:
    """Nothing to go by is 0. With `rare`, characters of four bytes are common too: nothing else looks like them."""
    counts = Counter(character for character in text if character > "\x7f")
    letters = {each: n for each, n in counts.items() if unicodedata.category(each) in LETTERS}
    total = sum(letters.values())
    known = sum(n for each, n in letters.items() if each in common or (rare and _is_rare(each)))
    return known / total if total else 0.0


def _is_rare(character: str) -> bool:
    return unicodedata.category(character) == "Lo" and len(character.encode("gb18030")) == 4


@lru_cache
def _common(name: str) -> frozenset[str]:
    match name:
        case "gb18030":
            # Names and goods from Taiwan and Hong Kong are written in GB18030 too.
            return frozenset((*_pairs("gb2312", range(0xB0, 0xD8)), *_common("big5")))
        case "big5":
            return frozenset(_pairs("big5", range(0xA4, 0xC7)))
        case "euc-kr":
            return frozenset(_pairs("euc_kr", range(0xB0, 0xC9)))
        case _:
            return frozenset((*_pairs("euc_jp", range(0xB0, 0xD0)), *map(chr, KANA)))


def _pairs(codec: str, leads: range) -> Iterator[str]:
    for lead in leads:
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                yield bytes((lead, trail)).decode(codec)
            except UnicodeDecodeError:
                continue
