"""The merchant's words for the contract's: as the mapping lists them, whatever their letter case and blanks."""

from functools import reduce

from duckdb import CaseExpression, CoalesceOperator, Expression

from shopkeeper.imports.checks.contacts import half_width, in_half_width
from shopkeeper.imports.checks.terms import BLANKS, call, text
from shopkeeper.imports.checks.texts import INVISIBLE

Cases = tuple[tuple[str, str], ...]


def meaning(value: Expression, cases: Cases) -> Expression:
    """What a word means; NULL where it is not listed.

    A word just as it is listed comes first; else letter case, width and blanks around it do not count, unless two that
    are listed differ in nothing else and mean different things.
    """
    exact = _listed(value, cases)
    others = _alike(cases)
    if not others:
        return exact
    bare = call("lower", call("trim", half_width(value), text(BLANKS + INVISIBLE)))
    # By its place in a list: so the word is written out once, however many there are.
    words, results = (call("list_value", *map(text, each)) for each in zip(*others, strict=True))
    alike = call("list_extract", results, call("list_position", words, bare))
    return CoalesceOperator(exact, alike)


def _alike(cases: Cases) -> Cases:
    """The words without letter case, width and blanks; none that has two meanings then."""
    meanings: dict[str, set[str]] = {}
    for word, result in cases:
        meanings.setdefault(in_half_width(word).strip(BLANKS + INVISIBLE).lower(), set()).add(result)
    return tuple((word, next(iter(results))) for word, results in meanings.items() if len(results) == 1)


def _listed(value: Expression, cases: Cases) -> Expression:
    (first, result), *others = cases
    first_case = CaseExpression(value == text(first), text(result))
    return reduce(lambda so_far, case: so_far.when(value == text(case[0]), text(case[1])), others, first_case)
