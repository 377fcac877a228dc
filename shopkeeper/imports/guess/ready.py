"""Ready mappings whose columns a file has: platforms write the same headings for every shop."""

from collections.abc import Iterable
from dataclasses import dataclass

from shopkeeper.contract.tables import table
from shopkeeper.imports.mapping.declared import Aliases, Lookup, Mapping, TableMapping
from shopkeeper.imports.mapping.file import available, load
from shopkeeper.imports.mapping.rules import sources

FEWEST = 4
"""So many columns of a mapping must be there: two or three common words say nothing of a platform."""


@dataclass(frozen=True)
class Fit:
    """A ready mapping and one of its tables; `columns` of the file are read by it."""

    mapping: str
    table: str
    columns: int


def fits(headings: Iterable[str]) -> tuple[Fit, ...]:
    """The ready mappings that find all they need among the headings, those that read most of them first."""
    names = tuple(headings)
    mappings = (load(name) for name in available())
    fitting = [fit for each in mappings if not each.shop.sample for fit in reads(each, names) if fit.columns >= FEWEST]
    return tuple(sorted(fitting, key=lambda fit: (-fit.columns, fit.mapping)))


def reads(mapping: Mapping, headings: Iterable[str]) -> tuple[Fit, ...]:
    """The tables of a mapping that find all they need among the headings."""
    names = {heading.strip().casefold() for heading in headings}
    fitting = []
    for each in mapping.tables:
        read = max((_read(each, names), *(_beside(each, lookup, names) for lookup in each.lookups)), key=len)
        if read:
            fitting.append(Fit(mapping.name, each.name, len(read)))
    return tuple(fitting)


def _beside(each: TableMapping, lookup: Lookup, names: set[str]) -> set[str]:
    """The columns of a file that is read beside the table; none where one is missing that it cannot do without."""
    start = f"{lookup.name}."
    read = _spelled(lookup.key, lookup.aliases) & names
    if not read:
        return set()
    for column in each.columns:
        for source in (name for name in sources(column.rule) if name.startswith(start)):
            spelled = _spelled(source.removeprefix(start), lookup.aliases) & names
            if not spelled and table(each.name).column(column.name).required:
                return set()
            read |= spelled
    return read


def _spelled(name: str, aliases: Aliases) -> set[str]:
    """A column's name and its aliases, as headings are compared."""
    return {each.strip().casefold() for each in (name, *dict(aliases).get(name, ()))}


def _read(each: TableMapping, names: set[str]) -> set[str]:
    """The file's columns that the table is made of; none where one is missing that it cannot do without."""
    beside = tuple(f"{lookup.name}." for lookup in each.lookups)
    read: set[str] = set()
    for column in each.columns:
        for source in sources(column.rule):
            if source.startswith(beside) and beside:
                continue
            spelled = _spelled(source, each.aliases) & names
            if not spelled and table(each.name).column(column.name).required:
                return set()
            read.update(spelled)
    if each.fill_down and each.fill_down.key and not _spelled(each.fill_down.key, each.aliases) & names:
        return set()
    return read
