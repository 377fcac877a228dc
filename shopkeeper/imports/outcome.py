"""What an import did, for the screen and the command line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, FunctionExpression

from shopkeeper import i18n
from shopkeeper.imports.checks.newest import Replacement
from shopkeeper.imports.checks.rules import RULES
from shopkeeper.imports.guess.values import filled, number_forms
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message, message

EXAMPLES = 20
FIRST_RULES = 12


@dataclass(frozen=True)
class TableOutcome:
    """`rows_in` = `rows_published` + `rows_rejected`, of the files of this import only.

    `replacement`: in a sync, what its rows did to older ones; rows that were there already are not in `rows_in`.
    """

    name: str
    rows_in: int
    rows_published: int
    rows_rejected: int
    replacement: Replacement | None = None


@dataclass(frozen=True)
class BrokenRule:
    """One rule that rows of one column broke. `examples`: the first 20, as (file, record number, value)."""

    table: str
    column: str
    rule: str
    reason: Message
    rows: int
    examples: tuple[tuple[str, int, str | None], ...]

    def sentence(self) -> Message:
        """Rule, count, records, a value and how to mend it, on one line."""
        files = ", ".join(dict.fromkeys(file for file, _, _ in self.examples))
        records: Message | str = ", ".join(i18n.integer(line) for _, line, _ in self.examples)
        if self.rows > len(self.examples):
            records = message("{records} and more", records=records)
        parts = {
            "place": f"{self.table}.{self.column}",
            "rule": Message(RULES[self.rule]),
            "rows": self.rows,
            "reason": self._how_to_read() or self.reason,
            "records": records,
            "files": files,
        }
        value = self.examples[0][2]
        if value:
            return message(
                "{place}, rule '{rule}', {rows} rows (such as {value}): {reason} Records {records} of {files}.",
                value=repr(value[:60]),
                **parts,
            )
        return message("{place}, rule '{rule}', {rows} rows: {reason} Records {records} of {files}.", **parts)

    def _how_to_read(self) -> Message | None:
        """What the mapping must say so that the examples are numbers; `None` where no one way reads them all."""
        if self.rule not in ("amount", "quantity"):
            return None
        forms = number_forms(filled(value for _, _, value in self.examples))
        if len(forms) != 1 or not forms[0].options():
            return None
        # A text, a list of texts and a truth are written alike in JSON and in TOML.
        options = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in forms[0].options().items())
        return message(
            "It is not a plain number such as 1234.50. Where all are written so, say in the mapping: {toml}.",
            toml=f'{self.column} = {{ source = "its column", {", ".join(options)} }}',
        )


@dataclass(frozen=True)
class Outcome:
    """Amounts are in the shop's currency: `net_amount_in` = `net_amount_published` + `net_amount_rejected`, of the
    files of this import. `changed` is false where the same files were already there; then nothing was published.
    """

    version: Version
    changed: bool
    message: Message
    tables: tuple[TableOutcome, ...] = ()
    broken_rules: tuple[BrokenRule, ...] = ()
    net_amount_in: Decimal = Decimal(0)
    net_amount_published: Decimal = Decimal(0)
    net_amount_rejected: Decimal = Decimal(0)
    net_amount_unreadable_rows: int = 0
    warnings: tuple[Message, ...] = ()

    @property
    def rows_rejected(self) -> int:
        """Over all tables of this import."""
        return sum(table.rows_rejected for table in self.tables)


def sentences(rules: Sequence[BrokenRule]) -> tuple[Message, ...]:
    """The first rules, each in a sentence, and how many more there are."""
    more = len(rules) - FIRST_RULES
    left = (message("... and {n} more rules.", n=more),) if more > 0 else ()
    return (*(rule.sentence() for rule in rules[:FIRST_RULES]), *left)


def summarise(connection: DuckDBPyConnection, rejects: Sequence[Path]) -> tuple[BrokenRule, ...]:
    """Broken rules, most frequent first, from files of rejects."""
    if not rejects:
        return ()
    listed = connection.read_parquet([str(path) for path in rejects])
    by = [ColumnExpression(name) for name in ("table", "column", "rule", "message")]
    groups = listed.aggregate([*by, FunctionExpression("count_star").alias("rows")]).fetchall()
    broken = []
    for table, column, rule, reason, rows in sorted(groups, key=lambda group: (-group[4], group[:3])):
        of_group = zip(by, (table, column, rule, reason), strict=True)
        of_rule = listed
        for name, value in of_group:
            of_rule = of_rule.filter(name == ConstantExpression(value))
        first = of_rule.sort(ColumnExpression("file"), ColumnExpression("line")).limit(EXAMPLES)
        examples = first.project(*(ColumnExpression(name) for name in ("file", "line", "value"))).fetchall()
        broken.append(BrokenRule(table, column, rule, Message.from_data(json.loads(reason)), rows, tuple(examples)))
    return tuple(broken)
