"""What a restricted viewer sees of a table: which columns hold a category or a region."""

from collections.abc import Mapping

DIMENSIONS = ("category", "region")


Visibility = Mapping[str, tuple[str, ...]]
"""Columns that hold a dimension's value; no columns: public in that dimension; dimension absent: hidden by it."""


def read_visibility(scope: str) -> Visibility:
    """Read a scope header: `none`, `public`, or `category=col,col region=col` (`category=public` needs no column).

    Raise `ValueError` for anything else: a header that cannot be read must not open a mart.
    """
    if scope == "none":
        return {}
    if scope == "public":
        return dict.fromkeys(DIMENSIONS, ())
    visibility: dict[str, tuple[str, ...]] = {}
    for word in scope.split():
        dimension, _, columns = word.partition("=")
        names = tuple(columns.split(","))
        if dimension not in DIMENSIONS or dimension in visibility or not all(names):
            raise ValueError(f"scope `{scope}`: `{word}` is not none, public, category=... or region=...")
        visibility[dimension] = () if names == ("public",) else names
    if not visibility:
        raise ValueError("a scope must be none, public, category=... or region=...")
    return visibility
