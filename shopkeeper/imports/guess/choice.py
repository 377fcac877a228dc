"""What a person chose for files: their table, the heading of each column, how times and numbers are written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shopkeeper.contract.tables import table
from shopkeeper.imports.guess.headings import KEYS, fitness
from shopkeeper.imports.guess.tables import PRICE, FileGuess
from shopkeeper.imports.guess.values import PLAINLY, NumberForm
from shopkeeper.imports.mapping.declared import AS_IT_IS, Layout
from shopkeeper.imports.mapping.tables import PERSON_TABLES
from shopkeeper.imports.readers.samples import Sample

ALL_BUT_NAME = 0.9
"""A heading that says less than just this is not taken for a person's key."""


@dataclass(frozen=True)
class Choice:
    """For one file (or one sheet of it): the heading of each column of its table, or of PRICE.

    `formats` and `numbers` say by column how its times and numbers are written, where that is not ISO 8601 or plain;
    `statuses` what the words of its status mean. `headings` are all that the file has, `keys` by kind
    those that say who somebody is: of them pseudonyms are made, whatever else is made of them.
    """

    file: str
    table: str
    columns: Mapping[str, str]
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, NumberForm] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    layout: Layout = AS_IT_IS
    headings: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def number_form(self, column: str) -> NumberForm:
        """How the numbers of a column are written."""
        return self.numbers.get(column, PLAINLY)


def choice_of(guess: FileGuess, sample: Sample) -> Choice:
    """The guess as it stands. Of a day that could be a month both formats stay, so that such days are rejected; numbers
    that can be read in two ways are plain until somebody says otherwise."""
    return Choice(
        guess.name,
        guess.table,
        {each.column: each.heading for each in guess.columns},
        {each.column: each.formats for each in guess.columns if each.formats},
        {
            each.column: each.numbers[0]
            for each in guess.columns
            if len(each.numbers) == 1 and each.numbers[0] != PLAINLY
        },
        {word: meaning for word, meaning in guess.statuses if meaning},
        sample.layout,
        sample.headings,
        keys_of(guess.table, sample.headings),
    )


def keys_of(table_name: str, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """By kind, the columns that are phones, e-mails or member numbers by their headings; none in a table of things."""
    if table_name not in PERSON_TABLES:
        return {}
    guessed = {
        kind: tuple(heading for heading in names if fitness(heading, spellings) > ALL_BUT_NAME)
        for kind, spellings in KEYS.items()
    }
    return {kind: spelled for kind, spelled in guessed.items() if spelled}


def missing(table_name: str, chosen: Collection[str]) -> tuple[str, ...]:
    """Columns that every row needs and that are not among the chosen; an amount can be made of price and quantity."""
    absent = [column.name for column in table(table_name).columns if column.required and column.name not in chosen]
    if "net_amount" in absent and {PRICE, "quantity"} <= set(chosen):
        absent.remove("net_amount")
    return tuple(absent)
