"""Keys of order lines that may not mean what they seem to: nobody, many people, or one thing written in two ways."""

from collections.abc import Iterator, Sequence

import duckdb
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression

from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.checks.texts import NO_BUYER, is_placeholder
from shopkeeper.messages import Message, message

EXAMPLES = 5
LEAST_ORDERS = 1000
GIANT_SHARE = 0.01
GIANT_TIMES = 20
MOST_GIANTS = 100
"""No more customers than these can have over 1 % of all orders."""
BUYER, VALUE, PLAIN, ORDERS = "customer_id", "value", "plain", "orders"
PLACEHOLDERS = {name: f"{name} placeholder" for name in NO_BUYER}
"""By column: the file's text where it stands for nobody."""
WITH_POINT, WITH_POINT_ZERO = "customer_id with point", r"\s*[0-9]+\.0+\s*"
"""The buyer where the file writes it as a number with .0."""


def key_warnings(orders: DuckDBPyRelation) -> Iterator[Message]:
    """Warnings on the keys of all files' lines; `orders` has one row per order, with a buyer."""
    named = orders.filter(ColumnExpression(BUYER).is_not_null())
    customers = named.aggregate([ColumnExpression(BUYER).alias(VALUE), call("count_star").alias(ORDERS)])
    for column in NO_BUYER:
        yield from _placeholders(column, orders)
    yield from _giants(customers, orders)
    yield from _one_mailbox(customers.project(ColumnExpression(VALUE)))
    yield from _with_and_without_point(named)


def with_mending(rows: DuckDBPyRelation, names: Sequence[str]) -> Iterator[Expression]:
    """Per row: for each text key that the file fills, whether it was mended, as `<name> mended`; PLACEHOLDERS and
    WITH_POINT of buyers."""
    no, nothing = ConstantExpression(False), ConstantExpression(None).cast("VARCHAR")
    marks: list[Expression] = []
    points: list[Expression] = []
    for name in names:
        value, shown = ColumnExpression(name), ColumnExpression(f"{name}=")
        in_file = f"{name}=" in rows.columns
        differs = duckdb.CoalesceOperator(value != shown, no)
        yield (differs if in_file else no).alias(f"{name} mended")
        # Nested, because both sides of an AND are computed for every row.
        if name in PLACEHOLDERS:
            word = CaseExpression(is_placeholder(shown), call("trim", shown))
            marks.append((CaseExpression(value.is_null(), word) if in_file else nothing).alias(PLACEHOLDERS[name]))
        if name == BUYER:
            pointed = CaseExpression(call("regexp_full_match", shown, text(WITH_POINT_ZERO)), value)
            points.append((CaseExpression(differs, pointed) if in_file else nothing).alias(WITH_POINT))
    yield from (*marks, *points)


def mending_warnings(names: Sequence[str], counts: Sequence[int]) -> Iterator[Message]:
    """What was done to the writing of keys, once for each column."""
    for name, rows in zip(names, counts, strict=True):
        if rows:
            yield message(
                "{rows} rows have a {column} that was mended: blanks around it, invisible characters, "
                'the guard ="...", accents in two pieces, full-width letters or digits, a number with .0, or the '
                "letter case of an e-mail.",
                rows=rows,
                column=name,
            )


def _placeholders(column: str, orders: DuckDBPyRelation) -> Iterator[Message]:
    value, number = ColumnExpression(PLACEHOLDERS[column]), ColumnExpression(ORDERS)
    nameless = orders.filter(value.is_not_null()).aggregate([value, call("count_star").alias(ORDERS)])
    top = nameless.sort(number.desc(), value).limit(EXAMPLES).fetchall()
    if not top:
        return
    totals = [call("count_star").alias("values"), call("sum", number).alias(ORDERS)]
    ((values, orders_in_all),) = nameless.aggregate(totals).fetchall()
    examples = _list([message("{value} ({orders} orders)", value=repr(word), orders=n) for word, n in top])
    yield message(
        "{column} has {values} values that stand for nobody or are masked, in {orders} orders: {examples}. These "
        "orders have no buyer by it; where such a value is a person, say placeholders = 'keep' in the mapping.",
        column=column,
        values=int(values),
        orders=int(orders_in_all),
        examples=examples if values <= len(top) else message("{examples} and more", examples=examples),
    )


def _giants(customers: DuckDBPyRelation, orders: DuckDBPyRelation) -> Iterator[Message]:
    """Customers with so many orders that they can hardly be one person. The largest is not measured by itself."""
    ((total,),) = orders.aggregate([call("count_star").alias(ORDERS)]).fetchall()
    if total < LEAST_ORDERS:
        return
    value, number = ColumnExpression(VALUE), ColumnExpression(ORDERS)
    large = customers.filter(number > ConstantExpression(GIANT_SHARE * total)).sort(number.desc(), value)
    giants = large.limit(MOST_GIANTS).fetchall()
    if not giants:
        return
    others = customers.filter(value != text(giants[0][0]))
    ((usual,),) = others.aggregate([call("quantile_disc", number, ConstantExpression(0.999)).alias("q")]).fetchall()
    for name, n in giants:
        if n > GIANT_TIMES * (usual or 0):
            yield message(
                "customer_id {value} has {orders} of {total} orders, while 999 of 1,000 customers have at most {usual}."
                " If it stands for many people, say empty = [{empty}] in the mapping.",
                value=repr(name),
                orders=n,
                total=total,
                usual=usual or 0,
                empty=f'"{name}"',
            )


def _one_mailbox(customers: DuckDBPyRelation) -> Iterator[Message]:
    """E-mails of buyers apart in letter case, where the mapping keeps that."""
    value, plain = ColumnExpression(VALUE), ColumnExpression(PLAIN)
    mails = customers.filter(call("contains", value, text("@")))
    by_mail = mails.project(value, call("lower", value).alias(PLAIN))
    pair = [plain, call("min", value).alias("first"), call("max", value).alias("last")]
    if twice := _pairs(by_mail.aggregate(pair)):
        yield message(
            "{n} e-mails in {column} are written in different letter case, such as {first} and {last}, and count as "
            "different customers. Say case = 'lower' in the mapping.",
            n=twice[0],
            column=BUYER,
            first=twice[1],
            last=twice[2],
        )


def _with_and_without_point(orders: DuckDBPyRelation) -> Iterator[Message]:
    """Buyers who are one, because a spreadsheet or pandas wrote some of their numbers with .0."""
    pointed = ColumnExpression(WITH_POINT)
    some = orders.filter(pointed.is_not_null()).project(pointed.alias(BUYER)).distinct()
    if not some.limit(1).fetchall():
        return
    plain = orders.filter(pointed.is_null()).project(ColumnExpression(BUYER)).distinct()
    both = plain.set_alias("plain").join(some.set_alias("with point"), BUYER, how="semi")
    ((number, first),) = both.aggregate(
        [call("count_star").alias("n"), call("min", ColumnExpression(BUYER))]
    ).fetchall()
    if number:
        yield message(
            "{n} values of {column} are there in two ways, such as {first} and {last}, and count as one.",
            n=int(number),
            column=BUYER,
            first=repr(first),
            last=repr(f"{first}.0"),
        )


def _pairs(groups: DuckDBPyRelation) -> tuple[int, str, str] | None:
    """How many groups hold different texts, and the two of the first one."""
    different = groups.filter(ColumnExpression("first") != ColumnExpression("last"))
    ((number,),) = different.aggregate([call("count_star").alias("n")]).fetchall()
    if not number:
        return None
    ((_, first, last),) = different.sort(ColumnExpression("first")).limit(1).fetchall()
    return int(number), first, last


def _list(parts: Sequence[Message]) -> Message:
    names = [f"part_{number}" for number in range(len(parts))]
    return Message(", ".join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))
