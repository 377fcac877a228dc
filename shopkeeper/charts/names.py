"""Names in places too narrow for them: no two alike, the whole one where the pointer rests."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _

REGIONS = Path(__file__).with_name("regions.toml")
CUT = "…"
TAIL = 2
"""Letters of its end that a name keeps where its beginning is another's too."""


def short_names(names: Iterable[str], letters: int) -> dict[str, str]:
    """By name, what fits into so many letters; where any does not, regions that have letters of their own get these."""
    own = {name: in_own_letters(name) for name in dict.fromkeys(names)}
    if all(len(plain) <= letters for plain in own.values()):
        return _apart(own, own, letters)
    codes = _codes()
    shown = {name: codes.get(plain, plain) for name, plain in own.items()}
    # Half of the letters of another country would be read as a region of this one.
    if len(set(shown.values())) < len(set(own.values())):
        shown = own
    return _apart(own, {name: _cut(plain, letters) for name, plain in shown.items()}, letters)


def named(segment: str) -> str:
    """A segment's name on the screen; that of those without one is in the viewer's language."""
    return _("(none)") if segment == "(none)" else segment


def in_own_letters(name: str) -> str:
    """A name that is written twice, as in 广东 Guangdong, in the viewer's letters; any other whole."""
    first, __, second = name.partition(" ")
    if not second or first.isascii() == second.isascii():
        return name
    return first if i18n.language().startswith("zh") != first.isascii() else second


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else name[: letters - 1] + CUT


def _apart(own: Mapping[str, str], shown: Mapping[str, str], letters: int) -> dict[str, str]:
    """Names that would look alike: with their ends, else numbered."""
    seen = Counter(shown.values())
    result = {
        name: short if seen[short] == 1 else own[name][: letters - 1 - TAIL] + CUT + own[name][-TAIL:]
        for name, short in shown.items()
    }
    seen = Counter(result.values())
    again: Counter[str] = Counter()
    for name, short in result.items():
        if seen[short] > 1:
            again[short] += 1
            mark = f"{CUT}{again[short]}"
            result[name] = own[name][: letters - len(mark)] + mark
    return result


@cache
def _codes() -> Mapping[str, str]:
    codes: Mapping[str, str] = tomllib.loads(REGIONS.read_text(encoding="utf-8"))["codes"]
    return codes
