"""What a mapping says, once it was read: frozen values, each of them checked."""

import re
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import PurePath
from typing import ClassVar, Literal

from shopkeeper.imports.mapping.rules import Rule
from shopkeeper.lake.version import Shop

Overlap = Literal["reject", "keep_one"]
DiscountLines = Literal["", "spread", "keep"]
LetterCase = Literal["", "lower", "upper"]


TO_MEND = re.compile(r"([a-z_]+)-to-mend.*\.csv$")
REJECTED_IN, REJECTED_LINE = "rejected_in", "rejected_line"
"""Columns of a file of rows to mend: which file's record it was that was rejected."""


SERIAL = "serial"
"""Beside patterns of dates: a day's number in a spreadsheet."""


@dataclass(frozen=True)
class ColumnMapping:
    """How one column of the contract is made.

    `formats` are strptime patterns, or `SERIAL`, for a date or time that is not ISO 8601, tried in order; a text that
    two of them read as different times is ambiguous, and rejected. `decimal` is the mark of decimals in numbers written
    as text, `thousands` the mark between groups of digits, or several of them; `strip` are texts taken off around them
    (currency signs, units); `brackets` reads (12.50) as negative, `percent` 12 % as 0.12; `scale` multiplies a number
    (2.5 kg = 2500 g). `round` allows what would lose something: an amount to 4 decimals, a quantity to 3, a time to its
    day. `empty` are texts that stand for nothing, beside blanks. `zones` gives the offset of zone letters
    (`CST = "+08:00"`). `case` is that of texts. `keep_placeholders`: a customer_id such as "guest" or "Li**" is a
    person here, and not nobody.
    """

    name: str
    rule: Rule
    formats: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    strip: tuple[str, ...] = ()
    brackets: bool = False
    percent: bool = False
    scale: int = 1
    round: bool = False
    empty: tuple[str, ...] = ()
    zones: tuple[tuple[str, str], ...] = ()
    case: LetterCase = ""
    prefix: str = ""
    keep_placeholders: bool = False


@dataclass(frozen=True)
class FillDown:
    """Columns that stand only on the first row of several with the same `key`; an empty cell takes that row's value.

    Without a key, an empty cell takes the last value above it: that of merged cells.
    """

    key: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How a file is read; empty: as the file itself shows.

    The encoding of its text, its delimiter, the sheets of a workbook. The header lies below `skip_rows` lines, or is
    the first row with all the headings of `header`. The last `footer_rows` are no rows; nor are those in which a column
    holds one of the texts that `leave_out` has for it.
    """

    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    skip_rows: int = 0
    header: tuple[str, ...] = ()
    footer_rows: int = 0
    leave_out: tuple[tuple[str, tuple[str, ...]], ...] = ()


AS_IT_IS = Layout()
Aliases = tuple[tuple[str, tuple[str, ...]], ...]
"""Other spellings of a file's column."""


@dataclass(frozen=True)
class Lookup:
    """Another file, whose row of the same key adds its columns as `name.column`: the orders to a file of items.

    `key` is its column, `to` that of the table's own file. A row without its partner is rejected, unless `optional`.
    `aliases` are of this file's columns.
    """

    name: str
    files: tuple[str, ...]
    key: str
    to: str
    optional: bool = False
    layout: Layout = AS_IT_IS
    aliases: Aliases = ()


@dataclass(frozen=True)
class Exchange:
    """Rates into the shop's currency by day, from files with the columns `day`, `currency` and `rate`: what one unit
    of the other currency is in the shop's. See `checks/exchange.py`."""

    NAME: ClassVar[str] = "exchange rates"

    files: tuple[str, ...]
    day: str
    currency: str
    rate: str
    layout: Layout = AS_IT_IS
    aliases: Aliases = ()


@dataclass(frozen=True)
class Kits:
    """What sets are made of, from files with a row for each `component` of a `kit` and its `quantity` in one of them.

    A line of a kit becomes lines of its components, which share its amounts by `share`, a column of these files, or by
    `price` times quantity; are both empty, by quantity alone. See `checks/kits.py`.
    """

    NAME: ClassVar[str] = "kit components"

    files: tuple[str, ...]
    kit: str
    component: str
    quantity: str
    price: str = ""
    share: str = ""
    layout: Layout = AS_IT_IS
    aliases: Aliases = ()


@dataclass(frozen=True)
class TableMapping:
    """One table. `files` are patterns of paths; where empty, a file or its folder is called as the table.

    `aliases` gives other spellings of a file's column. `identity`: columns are called as in the contract, and those
    that are not required may be absent. `overlap` says what becomes of an order that stands in several files, or of
    rows with the same key (`keep_one`: once, where all are the same). Of order lines: `lines_carry_dates`: lines of one
    order may be days apart; `negate_refunds`: refund lines with quantity and amount above 0 are turned negative;
    `discount_lines`: sale lines with units above 0 and money below it are vouchers, shared out over the order's goods
    (`spread`) or kept as lines without units (`keep`). `lookups`, `exchange` and `kits` are files read beside its own.
    `keys` are columns that say who somebody is, by kind of key, the first filled one counts: they become pseudonyms.
    """

    name: str
    columns: tuple[ColumnMapping, ...]
    files: tuple[str, ...] = ()
    aliases: Aliases = ()
    fill_down: FillDown | None = None
    layout: Layout = AS_IT_IS
    identity: bool = False
    overlap: Overlap = "reject"
    lines_carry_dates: bool = False
    negate_refunds: bool = False
    discount_lines: DiscountLines = ""
    lookups: tuple[Lookup, ...] = ()
    exchange: Exchange | None = None
    kits: Kits | None = None
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def beside(self, path: PurePath) -> str:
        """The lookup that a file belongs to, `Exchange.NAME` or `Kits.NAME`; empty where it is not read beside."""
        others = [each for each in (self.exchange, self.kits) if each]
        patterns = [(each.name, each.files) for each in self.lookups] + [(each.NAME, each.files) for each in others]
        return next((name for name, files in patterns if matches(files, path)), "")

    def takes(self, path: PurePath) -> bool:
        """Whether a file belongs to this table; `path` is relative to the folder that was given."""
        if TO_MEND.match(path.name):
            return is_to_mend(path.name, self.name)
        if self.files:
            return matches(self.files, path)
        return self.name in (path.name.split(".")[0], *path.parts[:-1])


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `source_timezone` is that of times in the files which carry none; empty: the shop's own.

    `shop` has empty texts where the mapping does not say: then whoever imports does. `notes` are shown with every
    import: what this mapping cannot know. `leave`: patterns of files that are no data.
    """

    name: str
    shop: Shop
    tables: tuple[TableMapping, ...] = field(repr=True)
    source_timezone: str = ""
    as_of: date | None = None
    notes: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 of everything the mapping says, as hexadecimal text."""
        return sha256(repr(self).encode()).hexdigest()


def is_to_mend(name: str, table: str) -> bool:
    """Whether a file holds rows of the table that were rejected, given out to be mended."""
    to_mend = TO_MEND.match(PurePath(name).name)
    return bool(to_mend and to_mend[1] == table)


def matches(patterns: tuple[str, ...], path: PurePath) -> bool:
    """Whether a path, or the name at its end, fits one of the patterns."""
    return any(fnmatchcase(path.as_posix(), each) or fnmatchcase(path.name, each) for each in patterns)
