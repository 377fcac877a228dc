"""Keys that are nobody's or many people's link nobody, wherever they come from."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import secret as keys
from shopkeeper.imports.checks.masking import masked
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.outcome import Outcome

SHOP = {"name": "Test shop", "currency": "CNY", "timezone": "Asia/Shanghai"}
US_SHOP = {"name": "Test shop", "currency": "USD", "timezone": "America/New_York"}
LINES = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "config" / "key"))


def ordered(folder: Path, *buyers: Mapping[str, object], shop: dict[str, str] = SHOP, **table: Any) -> Outcome:
    """One order line for each buyer, numbered from 1 unless it says `order`, whose other columns are its own."""
    folder.mkdir(exist_ok=True)
    lines = [
        {"order": str(number), "at": "2026-05-01", "sku": "A", "n": "1", "amount": "9", **buyer}
        for number, buyer in enumerate(buyers, 1)
    ]
    pl.DataFrame(lines, infer_schema_length=None).write_parquet(folder / "lines.parquet")
    columns = LINES | table.pop("more", {})
    lines_of_table = {"files": "lines*", "columns": columns, **table}
    mapping = parse_mapping("test", {"shop": shop, "tables": {"order_lines": lines_of_table}})
    return import_files([folder / "lines.parquet"], mapping, folder / "lake", said=Acceptance(rejects=True))


def rows(outcome: Outcome, table: str) -> pl.DataFrame:
    return pl.read_parquet(outcome.version.files(table))


def customers(outcome: Outcome) -> list[str | None]:
    return rows(outcome, "order_lines").sort("order_id", "sku")["customer_id"].to_list()


def said(outcome: Outcome) -> str:
    return "\n".join(map(str, outcome.warnings))


def test_a_number_with_an_extension_is_that_of_an_office_or_a_platform_and_links_nobody(tmp_path: Path) -> None:
    typed = ["13912345678,1234", "13912345678,9999", "13912345678#77", "13912345678 ext 5", "13912345678转1234"]
    typed += ["010-88888888 ext 101", "010-88888888 ext 202", "010-88888888 x7", "13912345678-1234"]
    outcome = ordered(tmp_path, *({"phone": each} for each in (*typed, "010-88888888")), keys={"phone": "phone"})
    # Ten orders, numbered as texts: the tenth stands second.
    assert [each is None for each in customers(outcome)] == [True, False] + [True] * 8
    assert "9 rows have in phone what is no phone" in said(outcome)


def test_phones_that_tills_fill_in_are_nobodys(tmp_path: Path) -> None:
    typed = ["13800000000", "+86 13333333333", "0086 188-8888-8888", "00000000000", "13800000001"]
    outcome = ordered(tmp_path, *({"phone": each} for each in typed), keys={"phone": "phone"})
    assert [each is None for each in customers(outcome)] == [True, True, True, True, False]
    assert "4 rows have in phone what is no phone" in said(outcome)


def test_e_mails_that_people_fill_in_are_nobodys_and_others_stay_persons(tmp_path: Path) -> None:
    nobody = ["test@test.com", "na@na.com", "n/a@n/a.com", "a@a.com", "xxx@xxx.com", "0@0.com", "email@shop.com"]
    nobody += ["mail@mail.ru", "+x@gmail.com", "...@gmail.com", "..+x@googlemail.com", "TEST@Test.co.uk"]
    persons = ["test@example.com", "jane@test.com", "ann@ann.com", "a@b.com", "x+y@gmail.com", "0@1.com"]
    assert _named(tmp_path / "nobody", nobody) == 0
    assert _named(tmp_path / "persons", persons) == len(persons)


def _named(folder: Path, addresses: list[str]) -> int:
    outcome = ordered(folder, *({"mail": each} for each in addresses), keys={"email": "mail"})
    return len(set(customers(outcome)) - {None})


@pytest.mark.parametrize("kept", [pl.String, pl.Float64])
def test_a_member_number_that_has_lost_its_digits_is_nobodys_and_one_kept_with_a_fraction_is_the_number(
    tmp_path: Path, kept: type[pl.DataType]
) -> None:
    members = pl.Series(["6.22848E+15", "6.22848E+15", "100234.0", "100235"]).cast(kept).to_list()
    buyers = [{"account": f"app-{number}", "member": each} for number, each in enumerate(members)]
    outcome = ordered(tmp_path / "floats", *buyers, more={"account_id": "account"}, keys={"member": "member"})
    linked = dict(rows(outcome, "identities").select("account_id", "key_hash").rows())
    assert sorted(linked) == ["app-2", "app-3"]
    assert "2 rows have in member what is no member number" in said(outcome)
    plain = ordered(
        tmp_path / "plain",
        {"account": "till", "member": "100234"},
        more={"account_id": "account"},
        keys={"member": "member"},
    )
    assert rows(plain, "identities")["key_hash"].item() == linked["app-2"]


def linked(folder: Path, *of_keys: tuple[str, str, str], shop: dict[str, str] = SHOP) -> Outcome:
    """The rows of keys of a table `identities`: account, kind, key."""
    folder.mkdir(exist_ok=True)
    (folder / "keys.csv").write_text("\n".join(["account;kind;key", *map(";".join, of_keys), ""]))
    (folder / "lines.csv").write_text("order,at,sku,n,amount,buyer\n1,2026-05-01,A,1,9,app-1\n")
    columns = {"account_id": "account", "key_kind": "kind", "key_hash": "key"}
    tables = {
        "order_lines": {"files": "lines*", "columns": LINES | {"account_id": "buyer"}},
        "identities": {"files": "keys*", "columns": columns},
    }
    files = [folder / "lines.csv", folder / "keys.csv"]
    mapping = parse_mapping("test", {"shop": shop, "tables": tables})
    return import_files(files, mapping, folder / "lake", said=Acceptance(rejects=True))


def test_a_key_that_the_merchant_brings_with_its_kind_is_the_one_that_order_lines_give(tmp_path: Path) -> None:
    of_kinds = {"phone": "(202) 456-1111", "email": "Jane.Doe@gmail.com", "member": "VIP 77", "name": "Jane  Doe"}
    of_kinds |= {"birth_date": "1990-01-02", "postcode": "20500", "address": "1600 Penn", "device": "a" * 32}
    by_lines = ordered(
        tmp_path / "lines",
        {"account": "app-1", **of_kinds},
        shop=US_SHOP,
        more={"account_id": "account"},
        keys={kind: kind for kind in of_kinds},
    )
    brought = of_kinds | {"phone": "2024561111", "email": "JANEDOE@gmail.com", "name": "jane doe"}
    by_table = linked(tmp_path / "table", *(("app-1", kind, value) for kind, value in brought.items()), shop=US_SHOP)
    ours, theirs = (
        sorted(rows(each, "identities").select("account_id", "key_kind", "key_hash").rows())
        for each in (by_lines, by_table)
    )
    assert ours == theirs
    assert [kind for _, kind, _ in theirs] == sorted(of_kinds)
    assert rows(by_table, "contact_hashes").height == rows(by_lines, "contact_hashes").height == 4


def test_placeholders_that_the_merchant_brings_as_keys_are_left_out_and_counted(tmp_path: Path) -> None:
    outcome = linked(
        tmp_path,
        ("a", "phone", "00000000000"),
        ("b", "phone", "138****8000"),
        ("c", "email", "noreply@shop.com"),
        ("d", "member", "0"),
        ("e", "member", "6.2E+15"),
        ("f", "phone", "010-88888888"),
        ("f", "phone", "01088888888"),
        ("g", "email", "c" * 64),
        ("h", "phone", "phone:" + "d" * 32),
    )
    assert set(rows(outcome, "identities")["account_id"]) == {"f", "g", "h"}
    assert rows(outcome, "identities").height == 3
    assert "5 rows whose key is nobody's are left out" in said(outcome)
    assert "2 rows have in key what is no phone" in said(outcome)
    assert "1 rows say a key of their account once more" in said(outcome)
    assert outcome.rows_rejected == 0


def test_nothing_raw_is_left_of_keys_whose_kind_is_known(tmp_path: Path) -> None:
    outcome = linked(
        tmp_path,
        ("", "phone", "13912345678"),
        ("a", "name", "Jane Doe"),
        ("b", "tel", "13912345679"),
        ("c", "name", "x"),
    )
    assert outcome.rows_rejected == 2
    for file in (tmp_path / "lake").rglob("*.parquet"):
        texts = str(pl.read_parquet(file).to_dicts())
        assert not [raw for raw in ("13912345678", "13912345679", "Jane") if raw in texts], file


ANN, BOB, PHONE, OTHER = "ann@x.com", "bob@x.com", "13912345678", "13912345679"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([(PHONE, ANN), (None, ANN)], "phone"),
        ([(None, ANN), (PHONE, None)], "phone"),
        ([(PHONE, ANN), (OTHER, ANN)], "phone"),
        ([(PHONE, ANN), (PHONE, BOB)], "phone"),
        ([(None, ANN), (None, None)], "email"),
        ([(PHONE, ANN), (OTHER, BOB)], ""),
        ([(PHONE, None), (OTHER, ANN)], ""),
        ([(None, ANN), (None, BOB)], ""),
    ],
)
def test_lines_of_an_order_with_different_contacts_of_one_guest_are_one_buyers(
    tmp_path: Path, lines: list[tuple[str | None, str | None]], kind: str
) -> None:
    """One order of two lines, and one of a single line with the first phone, or the first e-mail where it has none."""
    first_phone = next((phone for phone, _ in lines if phone), None)
    single = (first_phone, None if first_phone else ANN)
    buyers = [
        {"order": order, "sku": str(place), "phone": phone, "mail": mail}
        for order, of_order in (("1", lines), ("2", [single]))
        for place, (phone, mail) in enumerate(of_order)
    ]
    outcome = ordered(tmp_path, *buyers, keys={"phone": "phone", "email": "mail"})
    made = rows(outcome, "order_lines").sort("order_id", "sku").select("order_id", "customer_id").rows()
    of_orders = {order: {name for each, name in made if each == order and name} for order in "12"}
    if not kind:
        assert outcome.rows_rejected == 2
        assert not of_orders["1"]
    else:
        assert outcome.rows_rejected == 0
        assert of_orders["1"] == of_orders["2"]
        assert made[0][1] is not None
        assert made[0][1].startswith(kind)


def test_an_order_whose_line_names_another_buyer_than_its_guest_is_still_rejected(tmp_path: Path) -> None:
    outcome = ordered(
        tmp_path,
        {"order": "1", "buyer": "tb_ann", "phone": PHONE, "mail": ANN},
        {"order": "1", "buyer": None, "phone": PHONE, "mail": ANN},
        {"order": "2", "buyer": "tb_bob"},
        more={"customer_id": "buyer"},
        keys={"phone": "phone", "email": "mail"},
    )
    assert outcome.rows_rejected == 2


def test_a_column_of_keys_that_no_file_has_is_said_and_a_spelling_beside_one_that_is_there_is_not(
    tmp_path: Path,
) -> None:
    in_vain = ordered(tmp_path / "vain", {"phone": PHONE}, keys={"phone": "tel"})
    assert "the mapping names a column 'tel' that is not in every file" in said(in_vain)
    spelled = ordered(tmp_path / "spelled", {"phone": PHONE}, keys={"phone": ["tel", "phone"]})
    assert "not in every file" not in said(spelled)


@pytest.mark.parametrize(
    "note",
    [
        *("+8613912345678", "8613912345678", "0086 139 1234 5678", "013912345678", "wx13912345678", "13912345678wx"),
        *(
            "139.1234.5678",
            "139 123 45678",
            "139-1234-5678",
            "13912 345 678",
            "139 12 34 56 78",
            "１３９１２３４５６７８",
        ),
        *(
            "＋８６１３９１２３４５６７８",
            "139\u200b1234\u200b5678",
            "电话13912345678转张三",
            "010-12345678",
            "(0755)1234567",
        ),
        *("+1 202 456 1111", "(202) 456-1111", "13912345678,13912345678,13912345678,13912345678"),
        *("jane＠x.com", "jane@x．com", "写信给jane@x.com，谢谢", "jane@x.com;jo@x.com"),
    ],
)
def test_contacts_in_a_note_that_nothing_reads_are_covered(note: str) -> None:
    with duckdb.connect() as connection:
        ((shown,),) = (
            connection.table_function("range", [1]).project(masked(duckdb.ConstantExpression(note))).fetchall()
        )
    assert "(phone)" in shown or "(e-mail)" in shown
    assert not re.search(r"[0-9０-９]{3}|jane|jo@", shown)


@pytest.mark.parametrize(
    "note",
    ["6901234567892", "139123456781234567", "2026-05-01 13:45:10", "199.00 299.00", "SF1391234567890123", "@home"],
)
def test_other_numbers_in_a_note_stay(note: str) -> None:
    with duckdb.connect() as connection:
        ((shown,),) = (
            connection.table_function("range", [1]).project(masked(duckdb.ConstantExpression(note))).fetchall()
        )
    assert shown == note


def _buyers(folder: Path, names: list[str], shop: dict[str, str]) -> list[str | None]:
    """What each buyer of that name is called after the import; nothing of the names is left where none stays."""
    outcome = ordered(
        folder,
        *({"order": f"{n:02}", "buyer": each} for n, each in enumerate(names)),
        shop=shop,
        more={"customer_id": "buyer"},
    )
    return customers(outcome)


def test_names_of_buyers_with_a_contact_in_them_become_pseudonyms(tmp_path: Path) -> None:
    names = ["13800138000张三", "13800138000(妈妈)", "13800138000-1234", "jane@x.com (Jane)", "jane@x.com; jo@x.com"]
    names += ["Jane 138 0013 8000", "１３８００１３８０００张三", "+1 202 456 1111 Jane", "13800138000,1234"]
    made = _buyers(tmp_path, names, SHOP)
    assert [str(each).split(":")[0] for each in made] == ["name"] * len(names)
    # The same text in other characters is the same name.
    assert made[0] == made[6]
    assert len(set(made)) == len(names) - 1
    for file in (tmp_path / "lake").rglob("*.parquet"):
        assert not [
            raw for raw in ("13800138", "138 0013", "jane@", "202 456") if raw in str(pl.read_parquet(file).to_dicts())
        ]


def test_the_only_contact_in_a_buyers_name_is_a_key_of_that_buyer(tmp_path: Path) -> None:
    outcome = ordered(
        tmp_path,
        {"buyer": "13800138000张三"},
        {"buyer": "Jane +1 202 456 1111"},
        {"buyer": "张三 jane@x.com"},
        # An extension, a second number and a second address are other people's.
        {"buyer": "13800138000-1234"},
        {"buyer": "13800138000,2 boxes"},
        {"buyer": "jane@x.com; jo@x.com"},
        {"buyer": "app-ann", "phone": "13800138000"},
        {"buyer": "app-jane", "mail": "Jane@x.com"},
        more={"customer_id": "buyer"},
        keys={"phone": "phone", "email": "mail"},
    )
    keys = rows(outcome, "identities").filter(pl.col("key_kind").is_in(["phone", "email"]))
    named = dict(zip(customers(outcome), range(8), strict=True))
    shared = keys.with_columns(pl.col("account_id").replace_strict(named)).group_by("key_hash").agg("account_id")
    assert sorted(map(sorted, shared["account_id"].to_list())) == [[0, 6], [1], [2, 7]]


@pytest.mark.parametrize(
    ("shop", "name", "phone"),
    [(SHOP, "010-88888888", "+861088888888"), (SHOP, "(0755) 26001234", "+8675526001234"),
     (US_SHOP, "202-456-1111", "+12024561111"), (US_SHOP, "(202) 456-1111", "+12024561111")],
)  # fmt: skip
def test_a_buyers_name_that_is_a_phone_in_groups_is_that_phone(
    tmp_path: Path, shop: dict[str, str], name: str, phone: str
) -> None:
    by_name = _buyers(tmp_path / "name", [name], shop)
    by_key = ordered(tmp_path / "key", {"phone": phone}, shop=shop, keys={"phone": "phone"})
    assert by_name == customers(by_key)


def test_names_of_buyers_that_are_other_numbers_stay(tmp_path: Path) -> None:
    names = ["tb13800138000", "2024561111", "4471", "2024-05-01", "VIP-0001-2345", "139123456781234567", "张三", "1-2"]
    assert _buyers(tmp_path, names, SHOP) == names
    assert _buyers(tmp_path / "us", ["2024561111", "13800138000"], US_SHOP) == ["2024561111", "13800138000"]


def test_a_filled_in_number_names_no_buyer(tmp_path: Path) -> None:
    assert _buyers(tmp_path, ["13800000000", "test@test.com", "noreply@shop.com", "ann"], SHOP) == [None] * 3 + ["ann"]


def test_weak_keys_are_one_however_they_are_written(tmp_path: Path) -> None:
    births = ["1990-02-01", "1990/2/1", "19900201", "1990年2月1日", "1.2.1990", "1990-02-01 00:00:00", "１９９０-02-01"]
    days = [*births, "1990-12-01", "01/02/1990", "1900-01-01", "0000-00-00"]
    posts = ["SW1A 1AA", "sw1a1aa", "100020", "100020.0"]
    buyers = [{"buyer": f"b{n:02}", "born": day} for n, day in enumerate(days)]
    buyers += [{"buyer": f"p{n}", "post": post} for n, post in enumerate(posts)]
    outcome = ordered(tmp_path, *buyers, more={"account_id": "buyer"}, keys={"birth_date": "born", "postcode": "post"})
    by_key = rows(outcome, "identities").group_by("key_kind", "key_hash").agg("account_id")
    groups = sorted(sorted(each) for each in by_key["account_id"].to_list())
    assert groups == [[f"b{n:02}" for n in range(len(births))], ["b07"], ["b08"], ["p0", "p1"], ["p2", "p3"]]
    assert "2 rows have in born" in said(outcome)
