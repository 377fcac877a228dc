"""The rules that a value must keep, made from the tables' declarations: name, condition, reason, how to mend."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_

from duckdb import CaseExpression, ColumnExpression, ConstantExpression, Expression

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_
from shopkeeper.imports.checks.secret import secret
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.lake.rejects import LEFT_EMPTY
from shopkeeper.lake.version import Shop
from shopkeeper.messages import Message, message

NUL = chr(0)
TEXT = "text"
"""The rule that a text with a NUL breaks."""
FIRST_DAY = date(1970, 1, 1)
PAST_ONLY = {
    "order_lines": ("ordered_at",),
    "customers": ("joined_on",),
    "stock_snapshots": ("day",),
    "inbound": ("ordered_on", "received_on"),
}
"""Times that have happened; other dates may lie ahead."""

EMPTY_MEANS = {"order_lines": ("status",), "inbound": ("received_on",), "products": ("delisted_on",)}
"""Optional columns in which an empty cell says something: a sale, not come yet, still sold. What cannot be read there
costs the row; in others it is left empty."""
LOST_DIGITS_IN = ("order_id", "original_order_id", "customer_id", "sku")
SHORT_FORM = r"[+-]?[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}|[+-]?[0-9][.,][0-9]+[eE][0-9]{1,3}|[0-9]{16,}[.]0*"
"""A number in short form, or a float of more digits than it has."""


@dataclass(frozen=True)
class Terms:
    """What all files of an import are held against. `not_after` is the first day that no past event may have.

    `key` gives what pseudonyms are made with, once there is one to make; `forgotten` are tombstones.
    """

    shop: Shop
    source_timezone: str
    not_after: date
    key: Callable[[], bytes] = secret
    forgotten: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Check:
    """A rule that a value breaks, with the reason in words and how to mend it."""

    column: str
    rule: str
    broken: Expression
    reason: Message


def checks_of(contract: Table, column: Column, fault: str, terms: Terms) -> Iterator[Check]:
    """The rules of a column, in the order in which a row is told about them; `fault`: that of an unusable value."""
    name, value = column.name, ColumnExpression(column.name)
    is_filled = ColumnExpression(f"{name}?")
    if column.required:
        yield Check(
            name,
            "required",
            value.is_null() & ~is_filled,
            message("{column} is empty; every row of {table} needs it.", column=name, table=contract.name),
        )
    if fault != "text" and not is_lenient(contract, column):
        yield unusable(column, fault)
    if column.type == "VARCHAR":
        yield Check(
            name, TEXT, call("contains", value, text(NUL)), message("It holds a NUL character, which is no text.")
        )
    if contract.name == "order_lines" and name in LOST_DIGITS_IN:
        lost = message(
            "It is a number in short form, such as 6.9E+17: a spreadsheet has dropped its digits. Export it again "
            "as text."
        )
        yield Check(name, "lost digits", lost_digits(value), lost)
    if column.allowed:
        allowed = ", ".join(column.allowed)
        is_allowed = value.isin(*map(text, column.allowed))
        yield Check(
            name,
            "allowed",
            ~is_allowed,
            message("It is none of: {allowed}. Change it, or say in the mapping what it means.", allowed=allowed),
        )
    if column.minimum is not None:
        least = ConstantExpression(Decimal(str(column.minimum)))
        yield Check(name, "minimum", value < least, message("It is less than {minimum}.", minimum=column.minimum))
    if name == "currency":
        own = terms.shop.currency
        yield Check(
            name,
            "currency",
            value != text(own),
            message("It is not {currency}, the shop's currency. Convert the amounts first.", currency=own),
        )
    if column.type in ("DATE", "TIMESTAMP"):
        early = value < ConstantExpression(FIRST_DAY)
        yield Check(name, "too early", early, message("It lies before 1970. Check the date's format."))
    if name in PAST_ONLY.get(contract.name, ()):
        late = value >= ConstantExpression(terms.not_after)
        yield Check(name, "too late", late, message("It lies in the future. Check the date's format."))


def is_lenient(contract: Table, column: Column) -> bool:
    """Whether a cell that cannot be read is left empty, and does not cost the row."""
    return not column.required and column.name not in EMPTY_MEANS.get(contract.name, ())


def unusable(column: Column, fault: str) -> Check:
    """The rule that a value breaks which is there and cannot be read."""
    value, is_filled = ColumnExpression(column.name), ColumnExpression(f"{column.name}?")
    return Check(column.name, fault, value.is_null() & is_filled, UNUSABLE[fault])


def lost_digits(value: Expression) -> Expression:
    """TRUE where a text is a number in scientific notation, else FALSE. Most texts begin with a letter or lack its
    marks, and go past it."""
    no = ConstantExpression(False)
    marks = [call("contains", value, text(mark)) for mark in "+.,"]
    of_number = CaseExpression(reduce(or_, marks), call("regexp_full_match", value, text(SHORT_FORM))).otherwise(no)
    return CaseExpression(value < text(":"), of_number).otherwise(no)


UNUSABLE = {
    "whole number": message("It is not a whole number such as 3 or -1."),
    "quantity": message(
        "It is not a quantity such as 3, -1 or 2.5 (at most 3 decimals). Where all are written so, say in the mapping "
        "how: strip, decimal, thousands, or round = true."
    ),
    "amount": message(
        "It is not an amount such as 1234.50 (at most 4 decimals). Where all are written so, say in the mapping how: "
        "strip for a currency sign, thousands, decimal, brackets, or round = true."
    ),
    "number": message("It is not a number such as 2.5."),
    "date": message("It is not a day such as 2026-10-21 without a time; other forms need a format in the mapping."),
    "time": message(
        "It is not a time such as 2026-10-21 18:30:00; other forms need a format in the mapping, and digits beyond the "
        "microsecond round = true."
    ),
    "formats": message(
        "It fits none of the formats that the mapping gives, or fits two of them as different times. Mend it, or the "
        "formats."
    ),
    "share": message(
        "The lines of its order say different amounts to share out, or one that is no amount. Mend the order's amount."
    ),
    "yes or no": message("It is none of: true, false, yes, no, 1, 0."),
    "values": message("The mapping does not say what it means. Add it to values."),
}

RULES = {
    "required": N_("required"),
    "whole number": N_("whole number"),
    "quantity": N_("quantity"),
    "amount": N_("amount"),
    "number": N_("number"),
    "date": N_("date"),
    "time": N_("time"),
    "formats": N_("formats"),
    "share": N_("share"),
    "no partner": N_("no partner"),
    "two partners": N_("two partners"),
    "no rate": N_("no rate"),
    "yes or no": N_("yes or no"),
    "values": N_("values"),
    "text": N_("text"),
    "allowed": N_("allowed"),
    "minimum": N_("minimum"),
    "currency": N_("currency"),
    "too early": N_("too early"),
    "too late": N_("too late"),
    "unique": N_("unique"),
    "already there": N_("already there"),
    "lost digits": N_("lost digits"),
    "two files": N_("two files"),
    "two buyers": N_("two buyers"),
    "two accounts": N_("two accounts"),
    "days apart": N_("days apart"),
    "signs": N_("signs"),
    "cancelled order": N_("cancelled order"),
    LEFT_EMPTY: N_("left empty"),
}
"""Every rule by its name in the rejects, with the word that people read."""


def key_checks(names: Sequence[str], broken: Callable[[str], Expression]) -> tuple[Check, ...]:
    """The two rules of a key of the columns `names`; `broken`: where the rule of that name keeps a row out."""
    key = message("{first} and {last}", first=", ".join(names[:-1]), last=names[-1]) if names[1:] else names[0]
    already = message(
        "The shop's data already hold this {key}. Append only what is new, or import everything without append.",
        key=key,
    )
    unique = message("Another row has the same {key}. Keep the one that is right.", key=key)
    return tuple(
        Check(names[0], rule, broken(rule), reason) for rule, reason in (("already there", already), ("unique", unique))
    )


def tomorrow(now: datetime) -> date:
    """The first day on which nothing can have happened yet, wherever the clock stands: two days on."""
    return date.fromordinal(now.date().toordinal() + 2)
