"""How well a heading says what a column of the contract is; the names are in headings.toml."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

BETWEEN_WORDS = re.compile(r"[\s_\-./:()\[\]（）【】#*]+")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

FILE = Path(__file__).with_name("headings.toml")
_ALL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    name: {column: tuple(names) for column, names in columns.items()}
    for name, columns in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
}
KEYS = _ALL["keys"]
"""By kind of key of persons: what its columns are called in orders and customers."""
TABLES = {name: columns for name, columns in _ALL.items() if name != "keys"}
"""By table and column. Tables that are not here are brought under their own names."""


def folded(heading: str) -> str:
    """A heading in small letters, its words apart by one blank, whatever stood between them."""
    words = CAMEL.sub(" ", unicodedata.normalize("NFKC", heading).strip())
    return BETWEEN_WORDS.sub(" ", words.casefold()).strip()


def fitness(heading: str, names: tuple[str, ...]) -> float:
    """How well a heading says one of the names: 1 for the name itself, less where more stands around it, else 0.

    Of equal names an earlier one says more.
    """
    word = folded(heading)
    for place, name in enumerate(names):
        if word == folded(name):
            return 1.0 - 0.002 * place
    tokens = set(word.split())
    within = [len(folded(name)) / len(word) for name in names if _stands_in(folded(name), word, tokens)]
    return 0.75 * max(within, default=0.0)


def _stands_in(name: str, word: str, tokens: set[str]) -> bool:
    """Chinese has no blanks between words; elsewhere a name must be whole words of the heading."""
    if any(ord(letter) > 0x2E80 for letter in name):
        return len(name) > 1 and name in word
    return set(name.split()) <= tokens
