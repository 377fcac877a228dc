"""Which table a file is and which of its columns is which, scored by its headings and held against its values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shopkeeper.contract.table import MONEY, QUANTITY, Column, ColumnType
from shopkeeper.contract.tables import table
from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.values import (
    NumberForm,
    day_formats,
    different,
    filled,
    is_compact_days,
    is_email,
    is_mostly_whole,
    is_whole,
    number_form,
    number_forms,
)
from shopkeeper.imports.mapping.declared import SERIAL
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.messages import Message, message

PRICE = "price"
"""Of order lines: no column of the contract, but the amount can be made of it."""
MOST_STATUSES = 15
LEAST_DIFFERENT = 0.9
"""A table whose key stands in several rows is hardly that table: where fewer of its values than this differ."""
LEAST = 0.3
"""Below it a heading says too little to be taken."""
REFUND = (
    *("refund", "refunded", "return", "returned", "chargeback", "退款", "退货", "已退款", "退款成功", "退货退款"),
    *("erstattet", "erstattung", "retoure", "rückgabe", "gutschrift"),
)
CANCELLED = (
    *("cancelled", "canceled", "cancel", "void", "voided", "failed", "expired", "pending", "unpaid", "on-hold"),
    *("交易关闭", "已取消", "取消", "已关闭", "等待买家付款", "待付款", "storniert", "storno", "abgebrochen"),
)
SALE = (
    *("sale", "sold", "order", "paid", "completed", "complete", "shipped", "delivered", "processing", "fulfilled"),
    *(
        "closed",
        "done",
        "verkauf",
        "verkauft",
        "bezahlt",
        "versendet",
        "交易成功",
        "已完成",
        "完成",
        "已发货",
        "已收货",
    ),
    *("待收货", "卖家已发货", "已付款"),
)


@dataclass(frozen=True)
class ColumnGuess:
    """A column of the contract (or PRICE) and the heading that it is thought to be; `score` from 0 to 1.

    `formats`: patterns of its times, () for ISO 8601; two or more where a day could be a month. `numbers`: how its
    numbers are written; two or more where a mark could be that of decimals or of thousands.
    """

    column: str
    heading: str
    score: float
    reason: Message
    formats: tuple[str, ...] = ()
    numbers: tuple[NumberForm, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether only the merchant can say how its values are meant."""
        return len([each for each in self.formats if each != SERIAL]) > 1 or len(self.numbers) > 1


@dataclass(frozen=True)
class FileGuess:
    """What a file is thought to be. `statuses`: what its words for the status mean, empty where nobody here knows.
    `missing`: columns that every row needs and that none is thought to be.
    """

    name: str
    table: str
    score: float
    columns: tuple[ColumnGuess, ...]
    statuses: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]

    def column(self, name: str) -> ColumnGuess | None:
        """The guess for a column of the contract."""
        return next((each for each in self.columns if each.column == name), None)

    def heading(self, name: str) -> str:
        """The heading of a column; empty where none is."""
        guessed = self.column(name)
        return guessed.heading if guessed else ""


def guess(sample: Sample) -> FileGuess:
    """The likeliest table with its columns."""
    return max((guess_as(sample, name) for name in headings.TABLES), key=lambda each: each.score)


def guess_as(sample: Sample, name: str) -> FileGuess:
    """The columns, if the file is that table. Its score: how much of the file they are, and how much of what every row
    needs is there; a list of products is no list of customers for its one column of names."""
    columns = _columns(sample, name)
    chosen = {each.column: each for each in columns}
    needed = [column.name for column in table(name).columns if column.required]
    missing = [column for column in needed if column not in chosen]
    if name == "order_lines" and "net_amount" in missing and {PRICE, "quantity"} <= set(chosen):
        missing.remove("net_amount")
    scores = {each.column: each.score for each in columns}
    if name == "order_lines":
        scores.setdefault("net_amount", scores.pop(PRICE, 0.0))
    sure = sum(scores.get(column, 0.0) for column in needed) / len(needed)
    key = table(name).key
    # What stands in many rows is a column of a list of something else.
    repeats = len(key) == 1 and key[0] in chosen and _repeats(filled(sample.values(chosen[key[0]].heading)))
    explained = sum(scores.values()) / max(1, sum(bool(heading.strip()) for heading in sample.headings))
    return FileGuess(
        sample.name,
        name,
        min(1.0, explained) * (0.5 + 0.5 * sure) - 0.5 * len(missing) / len(needed) - 0.5 * repeats,
        columns,
        statuses(sample, chosen["status"].heading) if "status" in chosen else (),
        tuple(missing),
    )


def _repeats(values: Sequence[str]) -> bool:
    return different(values) < LEAST_DIFFERENT


def _columns(sample: Sample, name: str) -> tuple[ColumnGuess, ...]:
    """Each heading is one column at most: the best pairs first."""
    pairs = []
    for column, names in headings.TABLES[name].items():
        for heading in sample.headings:
            said = headings.fitness(heading, names) if heading.strip() else 0.0
            score = said * _held(sample, heading, name, column) if said else 0.0
            if score >= LEAST:
                pairs.append(ColumnGuess(column, heading, score, _reason(said, score)))
    chosen: dict[str, ColumnGuess] = {}
    taken: set[str] = set()
    for pair in sorted(pairs, key=lambda each: (-each.score, sample.headings.index(each.heading))):
        if pair.column not in chosen and pair.heading not in taken:
            chosen[pair.column] = pair
            taken.add(pair.heading)
    for column, heading in _by_values(sample, name, chosen, taken):
        chosen[column] = ColumnGuess(column, heading, 0.5, message("the only column whose values go with it"))
    return read_alike(
        sample,
        tuple(as_written(sample, name, chosen[column]) for column in headings.TABLES[name] if column in chosen),
    )


def chosen_as(sample: Sample, name: str, chosen: Mapping[str, str]) -> tuple[ColumnGuess, ...]:
    """Columns that a person chose, by heading, with how their values are written."""
    columns = (
        as_written(sample, name, ColumnGuess(column, heading, 1.0, message("chosen")))
        for column, heading in chosen.items()
    )
    return read_alike(sample, tuple(columns))


def kind_of(name: str, column: str) -> ColumnType:
    """The type of a column of the contract; PRICE is money."""
    names = table(name).names
    return table(name).column(column).type if column in names else MONEY


def is_number(kind: str) -> bool:
    """Whether a column of this type holds numbers."""
    return kind in ("BIGINT", "DOUBLE") or kind.startswith("DECIMAL")


def is_time(kind: str) -> bool:
    """Whether a column of this type holds days or times."""
    return kind in ("TIMESTAMP", "DATE")


def as_written(sample: Sample, name: str, column: ColumnGuess) -> ColumnGuess:
    """The same with how the values of its heading are written."""
    kind, values = kind_of(name, column.column), filled(sample.values(column.heading))
    formats = (day_formats(values) or ()) if is_time(kind) else ()
    return replace(column, formats=formats, numbers=number_forms(values) if is_number(kind) else ())


def read_alike(sample: Sample, columns: Sequence[ColumnGuess]) -> tuple[ColumnGuess, ...]:
    """What one column of a file leaves open, another may settle: a file writes all its days and numbers alike."""
    sure = [each for each in columns if not each.is_doubtful]
    orders = {_order(each.formats[0]) for each in sure if each.formats}
    decimals = {form.decimal for each in sure for form in each.numbers if _has_marks(sample, each.heading)}
    settled = []
    for each in columns:
        formats = [pattern for pattern in each.formats if _order(pattern) in orders]
        numbers = [form for form in each.numbers if form.decimal in decimals]
        kept_formats = tuple(formats) if len(formats) == 1 and len(orders) == 1 else each.formats
        kept_numbers = tuple(numbers) if len(numbers) == 1 and len(decimals) == 1 else each.numbers
        settled.append(replace(each, formats=kept_formats, numbers=kept_numbers))
    return tuple(settled)


def _order(pattern: str) -> tuple[str, str]:
    """The mark between the parts of a day, and which part comes first."""
    mark = pattern[2:3] if pattern[:2] in ("%d", "%m", "%Y") else ""
    return mark, pattern[:2]


def _has_marks(sample: Sample, heading: str) -> bool:
    """Whether the numbers of a column show which mark is that of decimals; whole numbers alone do not."""
    return any(mark in value for value in filled(sample.values(heading)) for mark in ".,")


def _by_values(
    sample: Sample, name: str, chosen: Mapping[str, ColumnGuess], taken: set[str]
) -> Iterator[tuple[str, str]]:
    """Columns that no heading names, where one column's values alone can be it."""
    left = {
        heading: filled(sample.values(heading))
        for heading in sample.headings
        if heading.strip() and heading not in taken
    }
    for column in table(name).columns:
        if column.name in chosen or column.name not in headings.TABLES[name]:
            continue
        if column.required and column.type in ("TIMESTAMP", "DATE"):
            fitting = [
                each for each, values in left.items() if day_formats(values) is not None and not is_whole(values)
            ]
        elif column.name == "customer_id":
            fitting = [each for each, values in left.items() if is_email(values)]
        elif column.name == "status" and name == "order_lines":
            fitting = [each for each in left if _is_status(sample, each)]
        else:
            continue
        if len(fitting) == 1:
            yield column.name, fitting[0]


def _is_status(sample: Sample, heading: str) -> bool:
    """Whether a column says in a few words that lines were sold, and that others were cancelled or given back."""
    meanings = [meaning for _, meaning in statuses(sample, heading)]
    return 0 < len(meanings) <= MOST_STATUSES and {"refund", "cancelled"} & set(meanings) != set()


def _held(sample: Sample, heading: str, name: str, column: str) -> float:
    """How well the values go with a column: 1 where they do, 0 where they cannot."""
    values = filled(sample.values(heading))
    if not values:
        return 0.4
    numbers, days = number_form(values), day_formats(values)
    kind = kind_of(name, column)
    if is_time(kind):
        return 1.0 if days is not None and (is_compact_days(values) or not is_whole(values)) else 0.0
    if is_number(kind):
        if numbers is None or is_compact_days(values):
            return 0.0
        return 1.0 if kind not in ("BIGINT", QUANTITY) or is_whole(values) else 0.5
    if kind == "BOOLEAN":
        return 0.5
    return _as_text(values, column, table(name).column(column))


def _as_text(values: Sequence[str], column: str, declared: Column) -> float:
    if declared.allowed:
        return 1.0 if different(values) < 0.5 or len(values) < 20 else 0.2
    if column == "customer_id":
        return 1.0 if is_email(values) or different(values) > 0.05 or len(values) < 20 else 0.6
    if column in ("order_id", "sku"):
        return 0.2 if number_form(values) and not is_mostly_whole(values) else 1.0
    return 0.7 if number_form(values) and column in ("channel", "category", "ship_to_region", "product_name") else 1.0


def _reason(said: float, score: float) -> Message:
    if said >= 0.95 and score >= 0.95:
        return message("called so, and its values go with it")
    if said >= 0.95:
        return message("called so, but not all of its values go with it")
    return message("its name says so in part")


def statuses(sample: Sample, heading: str) -> tuple[tuple[str, str], ...]:
    """Each word of a column with what it means; empty where that is not sure."""
    words = dict.fromkeys(filled(sample.values(heading)))
    return tuple((word, _meaning(word)) for word in words)


def _meaning(word: str) -> str:
    bare = headings.folded(word)
    for meaning, words in (("refund", REFUND), ("cancelled", CANCELLED), ("sale", SALE)):
        if bare in {headings.folded(each) for each in words}:
            return meaning
    return ""
