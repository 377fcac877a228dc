"""What an import may not do without being told to: name the shop, reject much, change much, end in the future."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from duckdb import ColumnExpression, ConstantExpression, DuckDBPyConnection, FunctionExpression

from shopkeeper import i18n
from shopkeeper.errors import Refused
from shopkeeper.imports.checks.stage import TableInStaging
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import shop_of
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message, lines, message

MOST_REJECTED = 0.02
MOST_CHANGED = 0.30
FEWEST_ROWS = 50
"""Below it a share says nothing: one bad row of ten is a row to look at, not a reason to stop."""


@dataclass(frozen=True)
class Acceptance:
    """What whoever imports has said: the shop's own words where the mapping has none, and what may pass."""

    name: str = ""
    currency: str = ""
    timezone: str = ""
    week_start: str = ""
    rejects: bool = False
    change: bool = False


def with_shop(mapping: Mapping, said: Acceptance, before: Version | None) -> Mapping:
    """The mapping with the shop's name, currency, timezone and start of the week: as said now, its own, or as in the
    data there.

    Raise `Refused` where one of the first three is nowhere: none is ever guessed.
    """
    kept = before.shop if before else mapping.shop
    words = {
        key: getattr(said, key) or getattr(mapping.shop, key) or getattr(kept, key)
        for key in ("name", "currency", "timezone", "week_start")
    }
    if missing := [key for key, word in words.items() if not word.strip() and key != "week_start"]:
        raise Refused(
            message(
                "The shop's {missing} is in no mapping and was not given. Give {options}, or write [shop] into a "
                "mapping of your own.",
                missing=", ".join(missing),
                options=" ".join(f"--{key} ..." for key in missing),
            )
        )
    return replace(mapping, shop=replace(shop_of(mapping.name, words), sample=mapping.shop.sample))


def refuse_future(as_of: date | None, today: date) -> None:
    """Raise `Refused` for an as-of that has not come yet."""
    if as_of and as_of > today:
        raise Refused(
            message(
                "The data cannot be complete up to {as_of}, which lies in the future. Give an earlier day.", as_of=as_of
            )
        )


def refuse_many_rejects(lines_read: TableInStaging, why: Sequence[Message] = ()) -> None:
    """Raise `Refused` where too large a part of the order lines, or of their money, was rejected, and `why`."""
    rows, rejected = lines_read.rows_in, lines_read.rows_rejected
    amount, amount_rejected = lines_read.net_amount_in, lines_read.net_amount_rejected
    by_rows = rejected / rows if rows else 0.0
    by_amount = abs(float(amount_rejected / amount)) if amount else 0.0
    if rejected and rows >= FEWEST_ROWS and max(by_rows, by_amount) > MOST_REJECTED:
        counts = {
            "rejected": rejected,
            "rows": rows,
            "share": i18n.percent(by_rows),
            "most": i18n.percent(MOST_REJECTED, 0),
        }
        if unreadable := lines_read.net_amount_unreadable_rows:
            start = message(
                "{rejected} of {rows} rows ({share}) were rejected, more than {most} of the rows or of the net amount, "
                "so nothing was published; {unreadable} of them have no readable amount. Mend them, or import with "
                "--accept-rejects.",
                unreadable=unreadable,
                **counts,
            )
        else:
            start = message(
                "{rejected} of {rows} rows ({share}) and {amount_share} of the net amount were rejected, more than "
                "{most}, so nothing was published. Mend them, or import with --accept-rejects.",
                amount_share=i18n.percent(by_amount),
                **counts,
            )
        raise Refused(lines(start, *why))


def refuse_change(connection: DuckDBPyConnection, before: Version, files: Sequence[Path]) -> None:
    """Raise `Refused` where the same days hold far fewer or more order lines, or far other revenue, than before."""
    old = connection.read_parquet([str(path) for path in before.files("order_lines")])
    new = connection.read_parquet([str(path) for path in files])
    first_day, last_day = new.aggregate("min(ordered_at)::DATE, max(ordered_at)::DATE").fetchall()[0]
    if first_day is None:
        return
    day = ColumnExpression("ordered_at").cast("DATE")
    first, last = max(first_day, before.first_day), min(last_day, before.as_of)
    same_days = day.between(ConstantExpression(first), ConstantExpression(last))
    totals = [FunctionExpression("count_star"), ColumnExpression("net_amount").sum()]
    (rows_before, amount_before), (rows_now, amount_now) = (
        relation.filter(same_days).aggregate(totals).fetchall()[0] for relation in (old, new)
    )
    changes = (_change(rows_before, rows_now), _change(amount_before, amount_now))
    if rows_before >= FEWEST_ROWS and max(map(abs, changes)) > MOST_CHANGED:
        raise Refused(
            message(
                "From {first} to {last} there are {rows} order lines ({rows_change}) and {amount} of net amount "
                "({amount_change}) against {rows_before} and {amount_before} in the data there, so nothing was "
                "published. See that the files are whole, or import with --accept-change.",
                first=first,
                last=last,
                rows=rows_now,
                rows_change=i18n.percent(changes[0]),
                amount=i18n.number(amount_now or 0),
                amount_change=i18n.percent(changes[1]),
                rows_before=rows_before,
                amount_before=i18n.number(amount_before or 0),
            )
        )


def _change(before: Decimal | float | None, now: Decimal | float | None) -> float:
    """Relative to what was there; 0 where nothing was."""
    return (float(now or 0) - float(before)) / abs(float(before)) if before else 0.0
