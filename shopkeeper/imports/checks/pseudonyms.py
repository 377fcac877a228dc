"""A file with the keys of persons replaced by pseudonyms, before anything else reads it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

from shopkeeper.imports.checks.brought import Brought, brought, is_hashed, without_nobodys
from shopkeeper.imports.checks.contacts import (
    ABROAD,
    HASHES,
    MAINLAND,
    MOBILE,
    birth_date_in,
    country_of,
    email_in,
    hashes,
    is_pseudonym,
    keyed,
    mailbox,
    phone_in,
    plain_text_in,
    postcode_in,
    seen,
    without_point_zero,
)
from shopkeeper.imports.checks.masking import address_within, has_contact, may_have_contact, phone_within
from shopkeeper.imports.checks.rules import Terms, lost_digits
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
NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
"""Types of a column of numbers that may hold mobiles; smaller ones have no room for them."""
LEAST_MOBILE = 13_000_000_000
INTERNATIONAL = r"\s*(\+|00)\d[\d\s\-().]{6,18}"
FORM_OF_KIND = {"birth_date": birth_date_in, "postcode": postcode_in}
GUEST = "is guest"
"""The column beside a line's own that says whether its buyer is known by a contact only."""
SEPARATED = r"[\s(]*\d+[\s\-().]+\d[\d\s\-().]*"
"""Digits in groups: a phone only where the country has such a number."""


def key_column(kind: str) -> str:
    """The column beside a file's own that holds the pseudonym of a key; the blank keeps it from meeting a name."""
    return f"key {kind}"


def hash_column(form: str) -> str:
    """The column beside a file's own that holds a hash for ad platforms."""
    return f"hash {form}"


def beside(kinds: Sequence[str]) -> tuple[str, ...]:
    """The columns that go with the rows of a file with keys of these kinds."""
    return (*map(key_column, kinds), *map(hash_column, HASHES if kinds else ()))


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
    relation, of_kinds = brought(reading, mapping)
    for kind, column in of_kinds.by_kind.items() if of_kinds else ():
        keys[kind] = [*keys.get(kind, ()), column]
    ids = [c for c in _id_columns(reading, mapping, of_kinds) if _names_contacts(relation, c, pseudonyms.country)]
    kinds = [kind for kind, columns in keys.items() if columns]
    if ids:
        kinds += [kind for kind in ("phone", "email") if kind not in kinds]
    if not kinds:
        return Keyed(reading)
    key = pseudonyms.key()
    hashed = of_kinds.may_be_hashed if of_kinds else frozenset[str]()
    forms = _in_one_form(relation, keys, ids, pseudonyms.country, hashed)
    relation = _and(forms, {f"normal {kind}": _normal(kind, keys.get(kind, []), ids) for kind in kinds})
    normal = {kind: ColumnExpression(f"normal {kind}") for kind in kinds}
    parts = [ColumnExpression("line")]
    replaced = {column.id: _replaced(kind, column, key) for kind in kinds for column in keys.get(kind, [])}
    replaced |= {column.id: _replaced_id(column, key) for column in ids}
    if of_kinds:
        other = ColumnExpression(of_kinds.other.id).cast("VARCHAR")
        cells = [*of_kinds.by_kind.values(), of_kinds.other]
        replaced[of_kinds.column.id] = CoalesceOperator(*(replaced.get(each.id, other) for each in cells))
        parts.append(_nobodys(of_kinds).alias("is nobody's"))
    parts += [replaced.get(column.id, ColumnExpression(column.id)).alias(column.id) for column in reading.columns]
    parts += [_kept(kind, keys.get(kind, []), ids, key).alias(key_column(kind)) for kind in kinds]
    parts += [made.alias(hash_column(form)) for form, made in hashes(*map(normal.get, ("phone", "email"))).items()]
    parts += [_unread(columns, kind).alias(f"unread {kind}") for kind, columns in keys.items() if columns]
    parts.append(reduce(or_, map(_is_contact, ids), ConstantExpression(False)).alias("named by contact"))
    beside = [name for name in reading.relation.columns if name.endswith(" partners")]
    relation.project(*parts, *map(ColumnExpression, beside)).write_parquet(str(target), compression="snappy")
    columns = tuple(replace(column, type="VARCHAR") if column.id in replaced else column for column in reading.columns)
    rows = connection.read_parquet(str(target))
    warnings = (*reading.warnings, *_unread_warnings(reading, rows, keys))
    made = replace(reading, relation=rows, columns=columns, warnings=warnings)
    return Keyed(without_nobodys(made, "is nobody's") if of_kinds else made, tuple(kinds))


def pseudonymous(
    connection: DuckDBPyConnection, mapping: TableMapping, terms: Terms, target: Path, reading: Reading
) -> Keyed:
    """`with_pseudonyms` on the terms of an import."""
    country = country_of(terms.shop.currency, terms.shop.timezone)
    return with_pseudonyms(connection, reading, mapping, Pseudonyms(terms.key, country), target)


def _id_columns(reading: Reading, mapping: TableMapping, of_kinds: Brought | None) -> list[FileColumn]:
    names = [name for each in mapping.columns if each.name in ID_COLUMNS for name in sources(each.rule)]
    columns = [column for name in dict.fromkeys(names) if (column := reading.column(name))]
    own = {name for _, names in mapping.keys for name in names}
    likely = [column for column in columns if column.name not in own and column.type in ("VARCHAR", *NUMBERS)]
    return [of_kinds.other if of_kinds and column == of_kinds.column else column for column in likely]


def _names_contacts(relation: DuckDBPyRelation, column: FileColumn, country: str) -> bool:
    value = ColumnExpression(column.id)
    if column.type in NUMBERS:
        likely = relation.filter(value >= ConstantExpression(LEAST_MOBILE))
    else:
        # Nearly all names begin with a letter, hold no @ and are short: no more is asked of them.
        likely = relation.filter(~_begins_with_letter(value) | may_have_contact(value))
    forms = _in_one_form(likely, {}, [column], country)
    return bool(forms.filter(_is_contact(column)).limit(1).fetchall())


def _is_contact(column: FileColumn) -> Expression:
    """Whether a buyer's name is an e-mail or a phone, or holds one."""
    return reduce(or_, (_cell(what, column).isnotnull() for what in ("email", "phone", "within")))


def _in_one_form(
    relation: DuckDBPyRelation,
    keys: Mapping[str, Sequence[FileColumn]],
    ids: Sequence[FileColumn],
    country: str,
    hashed: Collection[str] = (),
) -> DuckDBPyRelation:
    """The rows, and beside each column of keys its text, whether that is a pseudonym, and what it says in one form.

    In columns whose ids are `hashed`, a hash is one too.
    """
    of_keys = [(kind, column) for kind, columns in keys.items() for column in columns]
    columns = {column.id: column for column in [*(column for _, column in of_keys), *ids]}.values()
    texts = _and(relation, {f"text {each.id}": mended(ColumnExpression(each.id).cast("VARCHAR")) for each in columns})
    said = {f"said {each.id}": is_pseudonym(_cell("text", each)) for each in columns}
    said |= {f"said {each}": said[f"said {each}"] | is_hashed(ColumnExpression(f"text {each}")) for each in hashed}
    narrow = _and(texts, said | {f"narrow {each.id}": seen(_cell("text", each)) for each in columns})
    plain = {f"plain {each.id}": without_point_zero(_cell("narrow", each)) for each in columns}
    address = {f"mail {each.id}": email_in(_cell("narrow", each)) for each in columns}
    parts = {f"number in {each.id}": phone_within(_cell("narrow", each), country) for each in ids}
    parts |= {f"address in {each.id}": address_within(_cell("narrow", each)) for each in ids}
    read = _and(narrow, plain | address | parts)
    forms = {f"{kind} {column.id}": _one_form(kind, column, country) for kind, column in of_keys}
    forms |= {f"email {column.id}": _one_form("email", column, country) for column in ids}
    forms |= {f"phone {column.id}": _phone_of_buyer(column, country) for column in ids}
    forms |= {f"within {column.id}": _name_with_contact(column, country) for column in ids}
    forms |= {f"phone within {column.id}": phone_in(_cell("number in", column), country) for column in ids}
    forms |= {
        f"email within {each.id}": _unless(is_nobodys_email(_cell("address in", each)), _cell("address in", each))
        for each in ids
    }
    return _and(read, forms)


def _and(relation: DuckDBPyRelation, columns: Mapping[str, Expression]) -> DuckDBPyRelation:
    return relation.project(StarExpression(), *(value.alias(name) for name, value in columns.items()))


def _cell(what: str, column: FileColumn) -> Expression:
    return ColumnExpression(f"{what} {column.id}")


def _one_form(kind: str, column: FileColumn, country: str) -> Expression:
    if kind == "phone":
        return phone_in(_cell("plain", column), country)
    if kind == "email":
        return _unless(is_nobodys_email(_cell("mail", column)), _cell("mail", column))
    nobodys = is_placeholder(_cell("text", column)) | lost_digits(_cell("narrow", column))
    value = plain_text_in(_cell("plain", column))
    return _unless(nobodys, FORM_OF_KIND[kind](value) if kind in FORM_OF_KIND else value)


def _unless(placeholder: Expression, value: Expression) -> Expression:
    return CaseExpression(~CoalesceOperator(placeholder, ConstantExpression(False)), value)


def _phone_of_buyer(column: FileColumn, country: str) -> Expression:
    """The phone that a buyer is called by; NULL where the name may be any other number."""
    shapes = [INTERNATIONAL, ABROAD, SEPARATED, *([MOBILE] if country == MAINLAND else [])]
    value = _cell("text", column)
    is_shaped = call("regexp_full_match", _cell("plain", column), text("|".join(shapes)))
    is_wide = call("strlen", value) > call("length", value)
    return CaseExpression(
        ~_begins_with_letter(value) & (is_shaped | is_wide), phone_in(_cell("plain", column), country)
    )


def _name_with_contact(column: FileColumn, country: str) -> Expression:
    """A name of a buyer with an e-mail or a phone in it, in one form; NULL for other names, and those of nobody."""
    narrow = _cell("narrow", column)
    other = is_placeholder(_cell("text", column)) | _cell("said", column) | ~has_contact(narrow, country)
    return _unless(other, plain_text_in(narrow))


def _begins_with_letter(value: Expression) -> Expression:
    """Names mostly do, which no form of a phone does."""
    return (value >= text("A")) & (value <= text("z"))


def _normal(kind: str, columns: Sequence[FileColumn], ids: Sequence[FileColumn]) -> Expression:
    """The first key that can be read, in one form; a name of a buyer that is one, or holds one, counts after others."""
    values = [CaseExpression(~_cell("said", column), _cell(kind, column)) for column in columns]
    if kind in ("phone", "email"):
        values += [_cell(f"{kind}{where}", column) for where in ("", " within") for column in ids]
    return CoalesceOperator(*values, ConstantExpression(None).cast("VARCHAR"))


def _of_kind(kind: str, value: Expression) -> Expression:
    return mailbox(value) if kind == "email" else value


def _replaced(kind: str, column: FileColumn, key: bytes) -> Expression:
    """The cell as it may be shown: its pseudonym, one that it was already, or nothing that could be read."""
    made = keyed(kind, _of_kind(kind, _cell(kind, column)), key)
    return CaseExpression(_cell("said", column), _cell("text", column)).otherwise(made)


def _replaced_id(column: FileColumn, key: bytes) -> Expression:
    address, number = _cell("email", column), _cell("phone", column)
    return (
        CaseExpression(address.isnotnull(), keyed("email", mailbox(address), key))
        .when(number.isnotnull(), keyed("phone", number, key))
        .when(_cell("within", column).isnotnull(), keyed("name", _cell("within", column), key))
        .otherwise(_cell("plain", column) if column.type in NUMBERS else ColumnExpression(column.id))
    )


def _kept(kind: str, columns: Sequence[FileColumn], ids: Sequence[FileColumn], key: bytes) -> Expression:
    """The pseudonym that goes with the row: made of the normal form, or one that a cell was already."""
    made = keyed(kind, _of_kind(kind, ColumnExpression(f"normal {kind}")), key)
    before = [
        CaseExpression(
            _cell("said", each) & call("starts_with", _cell("text", each), text(f"{kind}:")), _cell("text", each)
        )
        for each in (*columns, *ids)
    ]
    return CoalesceOperator(made, *before, ConstantExpression(None).cast("VARCHAR"))


def _unread(columns: Sequence[FileColumn], kind: str) -> Expression:
    """Whether a row has something in the columns of a key and nothing that can be read."""
    # An empty cell beside a filled one is NULL, and must not make the whole unknown.
    no = ConstantExpression(False)
    said = [CoalesceOperator(_cell("text", column) != text(""), no) for column in columns]
    before = [CoalesceOperator(_cell("said", column), no) for column in columns]
    nothing = ColumnExpression(f"normal {kind}").isnull()
    return nothing & reduce(or_, said) & ~reduce(or_, before)


def _nobodys(of_kinds: Brought) -> Expression:
    """Whether a row's key is one of a known kind, and no person's."""
    no = ConstantExpression(False)
    each = [
        CoalesceOperator(_cell("text", column) != text(""), no)
        & ~CoalesceOperator(_cell("said", column), no)
        & _cell(kind, column).isnull()
        for kind, column in of_kinds.by_kind.items()
    ]
    return reduce(or_, each, no)


def _unread_warnings(
    reading: Reading, rows: DuckDBPyRelation, keys: Mapping[str, Sequence[FileColumn]]
) -> Iterator[Message]:
    ((named,),) = rows.aggregate([call("count_if", ColumnExpression("named by contact")).alias("n")]).fetchall()
    if named:
        yield message(
            "{rows} rows name the buyer by an e-mail or a phone, or by a text with one in it: pseudonyms stand for "
            "these names, and none of them is kept as it was.",
            rows=int(named),
        )
    for kind in [kind for kind, columns in keys.items() if columns]:
        ((unread,),) = rows.aggregate([call("count_if", ColumnExpression(f"unread {kind}")).alias("n")]).fetchall()
        if unread:
            yield message(
                "{file}: {rows} rows have in {columns} what is no {kind}, or one of many people: masked, filled in, "
                "with an extension or with lost digits. It says nothing of who bought.",
                file=reading.file.name,
                rows=int(unread),
                columns=", ".join(column.name for column in keys[kind]),
                kind=KIND_NAMES[kind],
            )
