"""Which table a file is and which of its columns is which, scored by its headings and held against its values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.contract.table import MONEY, QUANTITY, Column
from shopkeeper.contract.tables import table
from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.values import (
    PLAINLY,
    NumberForm,
    day_formats,
    different,
    filled,
    is_email,
    is_whole,
    number_form,
)
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.messages import Message, message

PRICE = "price"
"""Of order lines: no column of the contract, but the amount can be made of it."""
LEAST = 0.3
"""Below it a heading says too little to be taken."""
REFUND = ("refund", "refunded", "return", "returned", "退款", "退货", "已退款", "退款成功", "erstattet", "retoure")
CANCELLED = (
    *("cancelled", "canceled", "cancel", "void", "voided", "failed", "expired", "pending", "unpaid", "on-hold"),
    *("交易关闭", "已取消", "取消", "已关闭", "等待买家付款", "待付款", "storniert", "abgebrochen"),
)
SALE = (
    *("sale", "paid", "completed", "complete", "shipped", "delivered", "processing", "fulfilled", "closed", "done"),
    *("交易成功", "已完成", "完成", "已发货", "已收货", "待收货", "卖家已发货", "已付款", "bezahlt", "versendet"),
)


@dataclass(frozen=True)
class ColumnGuess:
    """A column of the contract (or PRICE) and the heading that it is thought to be; `score` from 0 to 1."""

    column: str
    heading: str
    score: float
    reason: Message


@dataclass(frozen=True)
class FileGuess:
    """What a file is thought to be. `formats`: patterns of its times, () for ISO 8601; two or more where a day could be
    a month. `numbers`: how its numbers are written. `statuses`: what its words for the status mean, empty where nobody
    here knows. `missing`: columns that every row needs and that none is thought to be.
    """

    name: str
    table: str
    score: float
    columns: tuple[ColumnGuess, ...]
    formats: tuple[str, ...]
    numbers: NumberForm
    statuses: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]

    def heading(self, column: str) -> str:
        """The heading of a column; empty where none is."""
        return next((each.heading for each in self.columns if each.column == column), "")


def guess(sample: Sample) -> FileGuess:
    """The likeliest table with its columns."""
    return max((guess_as(sample, name) for name in headings.TABLES), key=lambda each: each.score)


def guess_as(sample: Sample, name: str) -> FileGuess:
    """The columns, if the file is that table. Its score: how much of what every row needs is there, and how much of the
    file it explains."""
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
    explained = sum(scores.values()) / max(1, sum(bool(heading.strip()) for heading in sample.headings))
    return FileGuess(
        sample.name,
        name,
        0.5 * sure + 0.5 * min(1.0, explained) - 0.5 * len(missing) / len(needed),
        columns,
        _formats(sample, name, chosen),
        _numbers(sample, name, chosen),
        statuses(sample, chosen["status"].heading) if "status" in chosen else (),
        tuple(missing),
    )


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
    return tuple(chosen[column] for column in headings.TABLES[name] if column in chosen)


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
        else:
            continue
        if len(fitting) == 1:
            yield column.name, fitting[0]


def _held(sample: Sample, heading: str, name: str, column: str) -> float:
    """How well the values go with a column: 1 where they do, 0 where they cannot."""
    values = filled(sample.values(heading))
    if not values:
        return 0.4
    numbers, days = number_form(values), day_formats(values)
    declared = None if column == PRICE else table(name).column(column)
    kind = MONEY if declared is None else declared.type
    if kind in ("TIMESTAMP", "DATE"):
        return 1.0 if days is not None and not is_whole(values) else 0.0
    if kind in (MONEY, QUANTITY, "DOUBLE", "BIGINT"):
        if numbers is None or (days is not None and not numbers):
            return 0.0
        return 1.0 if kind not in ("BIGINT", QUANTITY) or is_whole(values) else 0.5
    if kind == "BOOLEAN":
        return 0.5
    return _as_text(values, column, declared)


def _as_text(values: Sequence[str], column: str, declared: Column | None) -> float:
    if declared is not None and declared.allowed:
        return 1.0 if different(values) < 0.5 or len(values) < 20 else 0.2
    if column == "customer_id":
        return 1.0 if is_email(values) or different(values) > 0.05 or len(values) < 20 else 0.6
    if column in ("order_id", "sku"):
        return 0.2 if number_form(values) and not is_whole(values) else 1.0
    return 0.7 if number_form(values) and column in ("channel", "category", "ship_to_region", "product_name") else 1.0


def _reason(said: float, score: float) -> Message:
    if said >= 0.95 and score >= 0.95:
        return message("called so, and its values go with it")
    if said >= 0.95:
        return message("called so, but not all of its values go with it")
    return message("its name says so in part")


def _formats(sample: Sample, name: str, chosen: Mapping[str, ColumnGuess]) -> tuple[str, ...]:
    times = [column.name for column in table(name).columns if column.type in ("TIMESTAMP", "DATE")]
    for column in times:
        if column in chosen:
            return day_formats(filled(sample.values(chosen[column].heading))) or ()
    return ()


def _numbers(sample: Sample, name: str, chosen: Mapping[str, ColumnGuess]) -> NumberForm:
    amounts = [column.name for column in table(name).columns if column.type == MONEY]
    for column in (*amounts, PRICE):
        if column in chosen:
            form = number_form(filled(sample.values(chosen[column].heading)))
            if form and form != PLAINLY:
                return form
    return PLAINLY


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
