"""A file with the keys of persons replaced by pseudonyms, before anything else reads it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path

from duckdb import (
    CaseExpression,
    CoalesceOperator,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    StarExpression,
)

from shopkeeper.imports.checks.contacts import (
    ABROAD,
    ADDRESS,
    MAINLAND,
    MOBILE,
    country_of,
    email,
    is_pseudonym,
    keyed,
    mailbox,
    phone,
    plain_text,
)
from shopkeeper.imports.checks.rules import Terms
from shopkeeper.imports.checks.terms import call, text
from shopkeeper.imports.checks.texts import is_nobodys_email, is_placeholder, mended
from shopkeeper.imports.mapping.declared import TableMapping
from shopkeeper.imports.mapping.rules import sources
from shopkeeper.imports.readers.reading import FileColumn, Reading
from shopkeeper.messages import Message, message

ID_COLUMNS = ("customer_id", "account_id", "key_hash")
"""Names of buyers, and keys in `identities`: what is a phone or an e-mail becomes its pseudonym, any other stays."""
KIND_NAMES = {
    "phone": message("phone"),
    "email": message("e-mail"),
    "member": message("member number"),
    "name": message("name"),
    "birth_date": message("birth date"),
    "postcode": message("postcode"),
    "address": message("address"),
    "device": message("device"),
}
INTERNATIONAL = r"\s*(\+|00)\d[\d\s\-().]{6,18}"
FORMS = ("phone_plus", "phone_plain", "email_box", "email_plain")
"""Hashes as ad platforms ask for them: with + and without; Gmail's without dots and suffix, and as it is written."""


def key_column(kind: str) -> str:
    """The column beside a file's own that holds the pseudonym of a key; the blank keeps it from meeting a name."""
    return f"key {kind}"


def hash_column(form: str) -> str:
    """The column beside a file's own that holds a hash for ad platforms."""
    return f"hash {form}"


def beside(kinds: Sequence[str]) -> tuple[str, ...]:
    """The columns that go with the rows of a file with keys of these kinds."""
    return (*map(key_column, kinds), *map(hash_column, FORMS if kinds else ()))


@dataclass(frozen=True)
class Pseudonyms:
    """What pseudonyms are made with: the key, asked for when the first one is made, and the country of plain phones."""

    key: Callable[[], bytes]
    country: str


@dataclass(frozen=True)
class Keyed:
    """A file whose columns of keys hold pseudonyms. `kinds` are those it has, in the columns `key_column` names."""

    reading: Reading
    kinds: tuple[str, ...] = ()

    @property
    def beside(self) -> tuple[str, ...]:
        """Names of the columns that go with each row beside those of the file."""
        return beside(self.kinds)


def with_pseudonyms(
    connection: DuckDBPyConnection, reading: Reading, mapping: TableMapping, pseudonyms: Pseudonyms, target: Path
) -> Keyed:
    """Replace phones, e-mails and other keys; the rows are written to `target` where there are any.

    Raise `Refused` where there is something to replace and no key to do it with.
    """
    keys = {kind: [c for name in names if (c := reading.column(name))] for kind, names in mapping.keys}
    ids = [column for column in _id_columns(reading, mapping) if _names_contacts(reading, column, pseudonyms.country)]
    kinds = [kind for kind, columns in keys.items() if columns]
    if ids:
        kinds += [kind for kind in ("phone", "email") if kind not in kinds]
    if not kinds:
        return Keyed(reading)
    key = pseudonyms.key()
    normal = {kind: _normal(kind, keys.get(kind, []), ids, pseudonyms.country) for kind in kinds}
    relation = reading.relation.project(
        StarExpression(), *(value.alias(f"normal {kind}") for kind, value in normal.items())
    )
    replaced = {
        column.id: _replaced(kind, column, key, pseudonyms.country) for kind in kinds for column in keys.get(kind, [])
    }
    replaced |= {column.id: _replaced_id(column, key, pseudonyms.country) for column in ids}
    parts = [ColumnExpression("line")]
    parts += [replaced.get(column.id, ColumnExpression(column.id)).alias(column.id) for column in reading.columns]
    parts += [_kept(kind, keys.get(kind, []), ids, key).alias(key_column(kind)) for kind in kinds]
    parts += [made.alias(hash_column(form)) for form, made in _hashes(normal).items()]
    parts += [_unread(columns, kind).alias(f"unread {kind}") for kind, columns in keys.items() if columns]
    named_so = [_is_email(value) | _is_phone(value, pseudonyms.country) for value in _texts(ids)]
    parts.append(reduce(or_, named_so, ConstantExpression(False)).alias("named by contact"))
    beside = [name for name in relation.columns if name.endswith(" partners")]
    relation.project(*parts, *map(ColumnExpression, beside)).write_parquet(str(target), compression="snappy")
    columns = tuple(replace(column, type="VARCHAR") if column.id in replaced else column for column in reading.columns)
    rows = connection.read_parquet(str(target))
    warnings = (*reading.warnings, *_unread_warnings(reading, rows, keys))
    return Keyed(replace(reading, relation=rows, columns=columns, warnings=warnings), tuple(kinds))


def pseudonymous(
    connection: DuckDBPyConnection, mapping: TableMapping, terms: Terms, target: Path, reading: Reading
) -> Keyed:
    """`with_pseudonyms` on the terms of an import."""
    country = country_of(terms.shop.currency, terms.shop.timezone)
    return with_pseudonyms(connection, reading, mapping, Pseudonyms(terms.key, country), target)


def masked(value: Expression) -> Expression:
    """A text of a column that no rule reads, as rejects may show it: phones and e-mails in it are not told."""
    plain = call("regexp_replace", value, text(ADDRESS), text("(e-mail)"), text("g"))
    phones = r"(?:\+?86[ -]?)?\b1[3-9]\d[ -]?\d{4}[ -]?\d{4}\b"
    return call("regexp_replace", plain, text(phones), text("(phone)"), text("g"))


def _id_columns(reading: Reading, mapping: TableMapping) -> list[FileColumn]:
    names = [name for each in mapping.columns if each.name in ID_COLUMNS for name in sources(each.rule)]
    columns = [column for name in dict.fromkeys(names) if (column := reading.column(name))]
    own = {name for _, names in mapping.keys for name in names}
    return [column for column in columns if column.name not in own and column.type == "VARCHAR"]


def _names_contacts(reading: Reading, column: FileColumn, country: str) -> bool:
    value = ColumnExpression(column.id)
    # Nearly all names begin with a letter and hold no @: no more is asked of them.
    likely = reading.relation.filter(~_begins_with_letter(value) | _has_at(value))
    return bool(likely.filter(_is_email(value) | _is_phone(value, country)).limit(1).fetchall())


def _is_email(value: Expression) -> Expression:
    nobody = CoalesceOperator(is_nobodys_email(value), ConstantExpression(False))
    return _has_at(value) & email(value).isnotnull() & ~nobody


def _has_at(value: Expression) -> Expression:
    """In either width."""
    return call("contains", value, text("@")) | call("contains", value, text("\N{FULLWIDTH COMMERCIAL AT}"))


def _is_phone(value: Expression, country: str) -> Expression:
    forms = [INTERNATIONAL, ABROAD, *([MOBILE] if country == MAINLAND else [])]
    plain = call("regexp_full_match", mended(value), text("|".join(forms)))
    wide = call("strlen", value) > call("length", value)
    return CaseExpression(_begins_with_letter(value), ConstantExpression(False)).otherwise(
        (plain | wide) & phone(value, country).isnotnull()
    )


def _begins_with_letter(value: Expression) -> Expression:
    """Names mostly do, which no form of a phone does."""
    return (value >= text("A")) & (value <= text("z"))


def _texts(columns: Sequence[FileColumn]) -> list[Expression]:
    return [mended(ColumnExpression(column.id).cast("VARCHAR")) for column in columns]


def _one_form(kind: str, value: Expression, country: str) -> Expression:
    if kind == "phone":
        return phone(value, country)
    if kind == "email":
        return CaseExpression(~CoalesceOperator(is_nobodys_email(value), ConstantExpression(False)), email(value))
    return CaseExpression(~CoalesceOperator(is_placeholder(value), ConstantExpression(False)), plain_text(value))


def _normal(kind: str, columns: Sequence[FileColumn], ids: Sequence[FileColumn], country: str) -> Expression:
    """The first key that can be read, in one form; a name of a buyer that is one counts after all others."""
    values = [CaseExpression(~is_pseudonym(value), _one_form(kind, value, country)) for value in _texts(columns)]
    if kind in ("phone", "email"):
        test = _is_email if kind == "email" else (lambda value: _is_phone(value, country))
        values += [CaseExpression(test(value), _one_form(kind, value, country)) for value in _texts(ids)]
    return CoalesceOperator(*values, ConstantExpression(None).cast("VARCHAR"))


def _of_kind(kind: str, value: Expression) -> Expression:
    return mailbox(value) if kind == "email" else value


def _replaced(kind: str, column: FileColumn, key: bytes, country: str) -> Expression:
    """The cell as it may be shown: its pseudonym, one that it was already, or nothing that could be read."""
    (value,) = _texts([column])
    made = keyed(kind, _of_kind(kind, _one_form(kind, value, country)), key)
    return CaseExpression(is_pseudonym(value), value).otherwise(made)


def _replaced_id(column: FileColumn, key: bytes, country: str) -> Expression:
    (value,) = _texts([column])
    return (
        CaseExpression(_is_email(value), keyed("email", mailbox(email(value)), key))
        .when(_is_phone(value, country), keyed("phone", phone(value, country), key))
        .otherwise(ColumnExpression(column.id))
    )


def _kept(kind: str, columns: Sequence[FileColumn], ids: Sequence[FileColumn], key: bytes) -> Expression:
    """The pseudonym that goes with the row: made of the normal form, or one that a cell was already."""
    made = keyed(kind, _of_kind(kind, ColumnExpression(f"normal {kind}")), key)
    before = [
        CaseExpression(is_pseudonym(value) & call("starts_with", value, text(f"{kind}:")), value)
        for value in _texts([*columns, *ids])
    ]
    return CoalesceOperator(made, *before, ConstantExpression(None).cast("VARCHAR"))


def _unread(columns: Sequence[FileColumn], kind: str) -> Expression:
    """Whether a row has something in the columns of a key and nothing that can be read."""
    # An empty cell beside a filled one is NULL, and must not make the whole unknown.
    no = ConstantExpression(False)
    said = [CoalesceOperator(value != text(""), no) for value in _texts(columns)]
    before = [CoalesceOperator(is_pseudonym(value), no) for value in _texts(columns)]
    nothing = ColumnExpression(f"normal {kind}").isnull()
    return nothing & reduce(or_, said) & ~reduce(or_, before)


def _unread_warnings(
    reading: Reading, rows: DuckDBPyRelation, keys: Mapping[str, Sequence[FileColumn]]
) -> Iterator[Message]:
    ((named,),) = rows.aggregate([call("count_if", ColumnExpression("named by contact")).alias("n")]).fetchall()
    if named:
        yield message(
            "{rows} rows name the buyer by an e-mail or a phone: pseudonyms stand for them, and nothing raw is kept.",
            rows=int(named),
        )
    for kind in [kind for kind, columns in keys.items() if columns]:
        ((unread,),) = rows.aggregate([call("count_if", ColumnExpression(f"unread {kind}")).alias("n")]).fetchall()
        if unread:
            yield message(
                "{file}: {rows} rows have in {columns} what is no {kind}, or is masked; it says nothing of who bought.",
                file=reading.file.name,
                rows=int(unread),
                columns=", ".join(column.name for column in keys[kind]),
                kind=KIND_NAMES[kind],
            )


def _hashes(normal: Mapping[str, Expression]) -> dict[str, Expression]:
    """SHA-256 without a key, as ad platforms ask for it."""
    nothing = ConstantExpression(None).cast("VARCHAR")
    number = ColumnExpression("normal phone") if "phone" in normal else nothing
    address = ColumnExpression("normal email") if "email" in normal else nothing
    said = {
        "phone_plus": number,
        "phone_plain": call("substr", number, ConstantExpression(2)),
        "email_box": mailbox(address),
        "email_plain": address,
    }
    return {form: call("sha256", value) for form, value in said.items()}
