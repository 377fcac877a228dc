"""A file's rows after the mapping: typed, but not yet judged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.contract.table import Column, Table
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.empty_cells import fill_down
from shopkeeper.imports.checks.expressions import Clock, typed
from shopkeeper.imports.checks.lookups import Partners, partner_checks, with_partners
from shopkeeper.imports.checks.pseudonyms import GUEST, Keyed, key_column
from shopkeeper.imports.checks.read import ROW, read_columns, refuse_column
from shopkeeper.imports.checks.rules import TEXT, Check, Terms, checks_of, is_lenient, unusable
from shopkeeper.imports.checks.shares import AGAINST, share_checks, with_discounts
from shopkeeper.imports.checks.terms import CheckedValue
from shopkeeper.imports.checks.totals import without_totals
from shopkeeper.imports.mapping.declared import ColumnMapping, TableMapping
from shopkeeper.imports.mapping.rules import SourceColumn, holds_share, replace_columns, sources
from shopkeeper.imports.mapping.values import nearest
from shopkeeper.imports.readers.files import WORKBOOK
from shopkeeper.imports.readers.reading import FileColumn, Reading
from shopkeeper.messages import message

DOUBT = " doubt"


@dataclass(frozen=True)
class GoodRows:
    """A file of the rows that break no check, out of those that are `of`.

    `whole`: its rows, where these are all there are, and say all that orders are held against, but for the keys that
    are `mended`; else `None`.
    """

    file: Path
    of: DuckDBPyRelation
    whole: DuckDBPyRelation | None
    mended: tuple[str, ...] = ()

    @property
    def is_as_written(self) -> bool:
        """Whether orders need nothing else: all rows are good, their keys as the merchant's file says them."""
        return self.whole is not None and not self.mended


@dataclass(frozen=True)
class Candidates:
    """A file's rows, typed but not yet judged.

    `rows` has line, the contract's columns by name (NULL where unusable), `<name>?` BOOLEAN (filled), `<name>=` VARCHAR
    (as the file says), and the whole row as JSON text. `checks` are in the order in which they are told; what
    breaks one that is `lenient` is left empty. `kinds` are the keys of persons that rows have beside these, in the
    columns that `pseudonyms.py` names. `takes_long`: rows are made of others of their order or of another file. `wide`
    are numbers and times of which some stand in full width.
    """

    reading: Reading
    rows: DuckDBPyRelation
    checks: tuple[Check, ...]
    lenient: tuple[Check, ...]
    unused: tuple[str, ...]
    absent: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    takes_long: bool = False
    wide: tuple[str, ...] = ()
    _good: GoodRows | None = None

    @property
    def good(self) -> GoodRows | None:
        """What was written of just these rows, if anything was."""
        return self._good if self._good and self._good.of is self.rows else None

    @property
    def whole(self) -> DuckDBPyRelation | None:
        """These rows, read from where they were written; `None` where that does not say all of them."""
        return self.good.whole if self.good else None

    def with_good(self, good: GoodRows) -> "Candidates":
        """The same, its good rows written."""
        return replace(self, _good=good)


def candidates(
    reading: Reading,
    mapping: TableMapping,
    contract: Table,
    terms: Terms,
    partners: Sequence[Partners] = (),
    pseudonymous: Callable[[Reading], Keyed] = Keyed,
) -> Candidates:
    """Apply the mapping to a file, whose keys of persons `pseudonymous` replaces before anything else reads them.

    Raise `Refused` where a column that is needed is not there or cannot be used.
    """
    columns_of_file, reading = len(reading.columns), without_totals(reading, mapping, contract)
    if mapping.fill_down:
        reading = replace(reading, relation=fill_down(reading, mapping.fill_down))
    keyed = pseudonymous(with_partners(reading, partners))
    reading = keyed.reading
    own_columns = reading.columns[:columns_of_file]
    mapped, absent = _resolve(reading, mapping, contract)
    clock = Clock(terms.shop.timezone, terms.source_timezone, cells=reading.file.kind in WORKBOOK)
    columns = tuple(column for column in contract.columns if column.name in mapped)
    shared = tuple(share_checks(mapped))
    marks = (*(each.rows for each in partners), *keyed.beside, *((AGAINST,) if shared else ()))
    beside = [ColumnExpression(name) for name in marks]
    used = _used(reading, mapping, mapped)
    read = read_columns(reading, own_columns, mapped, columns, beside, used)
    made = {
        column.name: _typed(reading, read.values[column.name], column, mapped[column.name], clock) for column in columns
    }
    rows = with_discounts(_projected(read.relation, contract, made, beside), mapped)
    faults = {name: value.fault for name, value in made.items()}
    of_columns = (
        _where_partners(check, mapped[column.name], partners)
        for column in columns
        for check in checks_of(contract, column, faults[column.name], terms)
        if check.rule != TEXT or not _is_without_nul(reading, mapped[column.name], own_columns)
    )
    lenient = (each for each in columns if faults[each.name] != "text" and is_lenient(contract, each))
    return Candidates(
        reading,
        with_guests(rows, keyed.kinds) if contract.name == "order_lines" else rows,
        (*_partner_checks(columns, mapped, partners), *shared, *of_columns),
        lenient=tuple(unusable(each, faults[each.name]) for each in lenient),
        unused=tuple(column.name for column in own_columns if column.name not in used),
        absent=(*absent, *_absent_keys(reading, mapping)),
        kinds=keyed.kinds,
        takes_long=bool(partners) or any(holds_share(column.rule) for column in mapping.columns),
        wide=read.wide,
    )


def _is_without_nul(reading: Reading, mapping: ColumnMapping, own_columns: Sequence[FileColumn]) -> bool:
    """Whether the file's reader saw that a column's texts, which are the file's own, hold no NUL."""
    rule = mapping.rule
    return reading.without_nul and isinstance(rule, SourceColumn) and rule.column in {each.name for each in own_columns}


def _used(reading: Reading, mapping: TableMapping, mapped: Mapping[str, ColumnMapping]) -> set[str]:
    """Names of the file's columns that the mapping reads for one thing or another."""
    used = {name for column in mapped.values() for name in sources(column.rule)}
    used |= {mapping.fill_down.key} if mapping.fill_down else set()
    used |= {name for name, _ in mapping.layout.leave_out}
    used |= {lookup.to for lookup in mapping.lookups}
    used |= {name for _, names in mapping.keys for name in names}
    return used | {column.name for name in used if (column := reading.column(name))}


def with_guests(rows: DuckDBPyRelation, kinds: Sequence[str]) -> DuckDBPyRelation:
    """The buyer of a line that names none, and no account: whoever has its phone, else its e-mail."""
    keys = [ColumnExpression(key_column(kind)) for kind in ("phone", "email") if kind in kinds]
    if not keys:
        return rows
    guest = CaseExpression(ColumnExpression("account_id").isnull(), duckdb.CoalesceOperator(*keys))
    named = ColumnExpression("customer_id")
    buyer, is_guest = duckdb.CoalesceOperator(named, guest).alias("customer_id"), named.isnull().alias(GUEST)
    result = rows.project(duckdb.StarExpression(exclude=["customer_id"]), buyer, is_guest)
    if "customer_id=" in result.columns:
        return result
    # No column of the file is its source, but a check may have to show it.
    shown, is_filled = ColumnExpression("customer_id"), ColumnExpression("customer_id").isnotnull()
    return result.project(duckdb.StarExpression(), shown.alias("customer_id="), is_filled.alias("customer_id?"))


def _resolve(
    reading: Reading, mapping: TableMapping, contract: Table
) -> tuple[dict[str, ColumnMapping], tuple[str, ...]]:
    """The mapping's columns in the file's own spelling; and the file's columns it names in vain."""
    mapped: dict[str, ColumnMapping] = {}
    absent: list[str] = []
    for column in mapping.columns:
        missing = []
        names: dict[str, str] = {}
        for name in sources(column.rule):
            if match := reading.column(name):
                names[name] = match.name
            elif name.strip() in reading.twice:
                raise _refuse_twice(reading, name.strip())
            else:
                missing.append(name)
        if not missing:
            rule = replace_columns(column.rule, names.__getitem__)
            mapped[column.name] = replace(column, rule=rule)
        elif contract.column(column.name).required:
            near = nearest(missing[0], (each.name for each in reading.columns))
            raise Refused(
                message(
                    "{name} has no column {missing}, from which {column} is made{near} It has: {columns}. Mend "
                    "the file or the mapping.",
                    name=reading.file.name,
                    missing=repr(missing[0]),
                    column=column.name,
                    near=near,
                    columns=", ".join(each.name for each in reading.columns)[:500],
                )
            )
        elif not mapping.identity:
            absent += missing
    filled_down = mapping.fill_down.columns if mapping.fill_down else ()
    return mapped, (*absent, *(name for name in filled_down if reading.column(name) is None))


def _absent_keys(reading: Reading, mapping: TableMapping) -> Iterator[str]:
    """Columns of keys of which the file has none of a kind: of several, those beside one that is there are spellings
    that other files have."""
    for _, names in mapping.keys:
        if not any(map(reading.column, names)):
            yield from names


def _refuse_twice(reading: Reading, name: str) -> Refused:
    return Refused(
        message(
            "{file}: several columns are called {name}, and the mapping does not say which is meant. Write {first} for "
            "the first of them, {second} for the second.",
            file=reading.file.name,
            name=repr(name),
            first=repr(f"{name} [1]"),
            second=repr(f"{name} [2]"),
        )
    )


def _partner_checks(
    columns: Sequence[Column], mapped: Mapping[str, ColumnMapping], partners: Sequence[Partners]
) -> Iterator[Check]:
    """Told at the column that is made of the one to join by, else at the first."""
    for each in partners:
        joined_by = [name for name, column in mapped.items() if each.lookup.to in sources(column.rule)]
        yield from partner_checks((each,), (*joined_by, columns[0].name)[0])


def _where_partners(check: Check, mapping: ColumnMapping, partners: Sequence[Partners]) -> Check:
    """What a partner should have said is not missed where there is none: that is told once, by itself."""
    for each in partners:
        if any(name.startswith(f"{each.lookup.name}.") for name in sources(mapping.rule)):
            least = ConstantExpression(0 if each.lookup.optional else 1)
            check = replace(check, broken=check.broken & (ColumnExpression(each.rows) >= least))
    return check


def _typed(reading: Reading, read: CheckedValue, column: Column, mapping: ColumnMapping, clock: Clock) -> CheckedValue:
    try:
        return typed(read, column, mapping, clock)
    except KeyError as error:
        raise refuse_column(reading, mapping, column, error) from error


def _projected(
    relation: DuckDBPyRelation, contract: Table, made: Mapping[str, CheckedValue], beside: Sequence[Expression]
) -> DuckDBPyRelation:
    everything = [ColumnExpression("line")]
    for column in contract.columns:
        everything += _project(column, made.get(column.name))
    return relation.project(*everything, ColumnExpression(ROW), *beside)


def _project(column: Column, made: CheckedValue | None) -> Iterator[Expression]:
    if made is None:
        yield ConstantExpression(None).cast(column.type).alias(column.name)
        return
    yield made.value.alias(column.name)
    yield made.is_filled.alias(f"{column.name}?")
    yield made.shown.alias(f"{column.name}=")
    if made.doubt is not None:
        yield made.doubt.alias(f"{column.name}{DOUBT}")
