"""What is said of a table's files beside their rejects: warnings, each once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from duckdb import ColumnExpression, DuckDBPyConnection, FunctionExpression

from shopkeeper.contract.tables import table
from shopkeeper.i18n import NN_
from shopkeeper.imports.checks.candidates import DOUBT, Candidates
from shopkeeper.imports.checks.contacts import is_pseudonym
from shopkeeper.imports.checks.narrowed import is_wide
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.checks.split import Split
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.imports.mapping.values import most_like
from shopkeeper.messages import Message, message

MOST_UNUSED = 40
MOST_EXAMPLES = 20


def of_table(name: str, note: Message | str) -> Message:
    """A warning that begins with the table it speaks of: so it goes or stays with the table's rows."""
    return Message("{table}: {note}", {"table": name, "note": note})


def doubts(opened: Sequence[Candidates], terms: Terms) -> Iterator[Message]:
    """Times that the clock of the source's zone skipped or struck twice."""
    counts: dict[str, int] = {}
    for each in opened:
        for name in (name for name in each.rows.columns if name.endswith(DOUBT)):
            number = FunctionExpression("count_if", ColumnExpression(name)).alias("n")
            ((times,),) = each.rows.aggregate([number]).fetchall()
            column = name.removesuffix(DOUBT)
            counts[column] = counts.get(column, 0) + int(times)
    for column, times in counts.items():
        if times:
            yield message(
                "{times} times of {column} lie in a night in which the clocks of {zone} change: they do not exist "
                "there, or exist twice, and may be an hour off. Export times with their offset from UTC.",
                times=times,
                column=column,
                zone=terms.source_timezone,
            )


def left_empty(opened: Sequence[Candidates], splits: Sequence[Split]) -> Iterator[Message]:
    """Cells of optional columns that could not be read, once for each column and file, with the first of them."""
    for each, made in zip(opened, splits, strict=True):
        for check, number in zip(each.lenient, made.cells_emptied, strict=True):
            if number:
                shown = ColumnExpression(f"{check.column}=")
                first = each.rows.filter(check.broken).project(ColumnExpression("line"), shown)
                examples = first.sort(ColumnExpression("line")).limit(MOST_EXAMPLES).fetchall()
                yield message(
                    "{number} cells of {column} in {file} could not be read and were left empty, such as {value}: "
                    "{reason} Records {records}.",
                    number=int(number),
                    column=check.column,
                    file=each.reading.file.name,
                    value=repr(examples[0][1]),
                    reason=check.reason,
                    records=", ".join(str(line) for line, _ in examples) + " ..." * (number > len(examples)),
                )


def _read_from_full_width(opened: Sequence[Candidates]) -> Iterator[Message]:
    """Numbers and times that were written in full width, once for each column and file."""
    for each in opened:
        if not each.wide:
            continue
        counts = [
            FunctionExpression("count_if", ColumnExpression(name).is_not_null() & is_wide(ColumnExpression(f"{name}=")))
            for name in each.wide
        ]
        (numbers,) = each.rows.aggregate(counts).fetchall()
        for name, number in zip(each.wide, numbers, strict=True):
            if number:
                forms = NN_(
                    "{n} cell of {column} in {file} was read from full-width characters.",
                    "{n} cells of {column} in {file} were read from full-width characters.",
                )
                yield Message.counted(forms, {"n": int(number), "column": name, "file": each.reading.file.name})


def file_warnings(opened: Sequence[Candidates], mapping: TableMapping) -> Iterator[Message]:
    """What the readers said of the files, and which of their columns nobody reads; the least of it last."""
    for each in opened:
        yield from each.reading.warnings
    yield from _read_from_full_width(opened)
    absent = list(dict.fromkeys(name for each in opened for name in each.absent))
    if len(absent) == 1:
        yield message(
            "the mapping names a column {column} that is not in every file; what it gives stays empty there.",
            column=repr(absent[0]),
        )
    elif absent:
        yield message(
            "the mapping names columns that are not in every file; what they give stays empty there: {columns}.",
            columns=", ".join(map(repr, absent)),
        )
    if not any(each.reading.rows for each in opened):
        yield message("its files hold no rows.")
    unused = list(dict.fromkeys(name for each in opened for name in each.unused))
    names = [column.name for column in table(mapping.name).columns]
    alike = [(name, most_like(name, names)) for name in unused] if mapping.identity else []
    for name, meant in alike:
        if meant:
            yield message(
                "the column {column} is not used; did you mean {choice}?", column=repr(name), choice=repr(meant)
            )
    if rest := [name for name in unused if (name, None) in alike or not mapping.identity]:
        yield message(
            "not used: {columns}.",
            columns=", ".join(map(repr, rest[:MOST_UNUSED])) + " ..." * (len(rest) > MOST_UNUSED),
        )


def unknown_references(
    connection: DuckDBPyConnection, staged: Mapping[str, Sequence[Path]], files_of: Mapping[str, Sequence[Path]]
) -> Iterator[Message]:
    """Warnings on values of the `staged` tables that the table they refer to, if it has `files_of`, does not list."""
    for name, files in staged.items():
        rows = connection.read_parquet([str(path) for path in files])
        for column in table(name).columns:
            parent = column.references
            if not parent or not files_of.get(parent):
                continue
            parent_key = table(parent).key[0]
            parents = connection.read_parquet([str(path) for path in files_of[parent]])
            value = ColumnExpression(column.name).alias("value")
            # A guest is known by a pseudonym, and on nobody's list.
            named = ColumnExpression(column.name).is_not_null() & ~is_pseudonym(ColumnExpression(column.name))
            values = rows.filter(named).project(value).set_alias("child")
            parents = parents.project(ColumnExpression(parent_key).alias("value")).set_alias("parent")
            row_count = FunctionExpression("count_star").alias("rows")
            lost = values.join(parents, "value", how="anti").aggregate([ColumnExpression("value"), row_count])
            totals = [FunctionExpression("count_star").alias("values"), ColumnExpression("rows").sum().alias("rows")]
            ((different, lines),) = lost.aggregate(totals).fetchall()
            if different:
                note = message(
                    "{rows} rows hold {values} {column} that {parent} does not list.",
                    rows=int(lines),
                    values=int(different),
                    column=column.name,
                    parent=parent,
                )
                yield of_table(name, note)
