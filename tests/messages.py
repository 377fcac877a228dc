"""How messages are found in the source; `babel.cfg` names this for `make messages`, and the tests use the same."""

import ast
import tomllib
from collections.abc import Collection, Iterator
from typing import BinaryIO

MARKED_FORMS = "NN_"
"""`i18n.NN_` marks both forms of a text as `ngettext` has them."""


def called(call: ast.Call) -> str:
    """The bare name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def extract_notes(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    """The notes of a ready mapping, for Babel: they are shown with every import."""
    for note in tomllib.loads(file.read().decode()).get("notes", []):
        yield 1, "message", note, []


def extract(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: object
) -> Iterator[tuple[int, str, list[str | None], list[str]]]:
    """Line, function and literal arguments of each call of `keywords`, for Babel.

    Babel's own extractor reads tokens: it misses calls inside f-strings, and takes the key of `_(LABELS["key"])` for a
    message. This one reads the syntax tree.
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and called(node) in (*keywords, MARKED_FORMS):
            texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
            name = "ngettext" if called(node) == MARKED_FORMS else called(node)
            yield node.lineno, name, [text if isinstance(text, str) else None for text in texts], []
