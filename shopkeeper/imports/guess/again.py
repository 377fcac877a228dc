"""A mapping that was made by matching columns, read back as the choices that it was made of, to be changed."""

from collections.abc import Mapping

from shopkeeper.imports.guess.choice import Choice, missing
from shopkeeper.imports.guess.tables import PRICE
from shopkeeper.imports.guess.values import NumberForm
from shopkeeper.imports.mapping.declared import ColumnMapping, TableMapping
from shopkeeper.imports.mapping.declared import Mapping as FileMapping
from shopkeeper.imports.mapping.rules import Arithmetic, SourceColumn, Values
from shopkeeper.imports.readers.samples import Sample


def choice_again(mapping: FileMapping, sample: Sample) -> Choice | None:
    """The choice for a file whose headings one of the mapping's tables has; `None` where none has, or where it says
    more than a choice can."""
    for each in mapping.tables:
        choice = _choice(each, sample)
        if choice is not None:
            return choice
    return None


def _choice(each: TableMapping, sample: Sample) -> Choice | None:
    if each.identity or each.lookups or each.exchange or each.kits or each.fill_down:
        return None
    aliases = dict(each.aliases)
    columns: dict[str, str] = {}
    formats: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, NumberForm] = {}
    statuses: dict[str, str] = {}
    for column in each.columns:
        read = _read(column)
        if read is None:
            return None
        for name, source in read.items():
            spelled = [other for other in (source, *aliases.get(source, ())) if other in sample.headings]
            if spelled:
                columns[name] = spelled[0]
                if column.formats:
                    formats[name] = column.formats
                form = NumberForm(column.decimal, column.thousands, column.strip, column.brackets)
                if form != NumberForm():
                    numbers[name] = form
        if isinstance(column.rule, Values):
            statuses = dict(column.rule.cases)
    if missing(each.name, columns):
        return None
    keys = {kind: tuple(name for name in names if name in sample.headings) for kind, names in each.keys}
    return Choice(sample.name, each.name, columns, formats, numbers, statuses, sample.layout, sample.headings, keys)


def _read(column: ColumnMapping) -> Mapping[str, str] | None:
    """The headings that a column is made of, by what they are there; `None` for a rule that no choice makes."""
    match column.rule:
        case SourceColumn(column=source):
            return {column.name: source}
        case Values(column=source) if column.name == "status":
            return {column.name: source}
        case Arithmetic(kind="product", operands=(SourceColumn(), SourceColumn(column=price))):
            return {PRICE: price} if column.name == "net_amount" else None
        case _:
            return None
