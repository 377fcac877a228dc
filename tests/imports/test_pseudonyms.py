"""Phones and e-mails at the door: one form, a keyed pseudonym, and nothing raw behind it."""

import hmac
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from duckdb import ColumnExpression

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import secret as keys
from shopkeeper.imports.checks.contacts import country_of, email, keyed, mailbox, open_contacts, phone
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.outcome import Outcome

SHOP = {"name": "Test shop", "currency": "CNY", "timezone": "Asia/Shanghai"}
COLUMNS = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
HEADER = "order,at,sku,n,amount,account,phone,mail,note"
ACCEPTED = Acceptance(rejects=True)


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "config" / "key"))
    return keys.secret()


def brought(folder: Path, *rows: str, more: dict[str, str] | None = None, **table: Any) -> Outcome:
    folder.mkdir(exist_ok=True)
    (folder / "lines.csv").write_text("\n".join((HEADER, *rows, "")))
    lines = {"files": "lines*", "columns": COLUMNS | (more or {"account_id": "account"}), **table}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})
    return import_files([folder / "lines.csv"], mapping, folder / "lake", said=ACCEPTED)


KEYS = {"phone": "phone", "email": "mail"}


def rows(outcome: Outcome, table: str) -> pl.DataFrame:
    return pl.read_parquet(outcome.version.files(table))


def made(values: list[str], country: str, form: str) -> list[str | None]:
    with duckdb.connect() as connection:
        open_contacts(connection)
        column = ColumnExpression("a")
        expression = phone(column, country) if form == "phone" else mailbox(email(column))
        return [
            v for (v,) in connection.from_arrow(pl.DataFrame({"a": values}).to_arrow()).project(expression).fetchall()
        ]


def test_a_mobile_is_one_however_it_is_typed() -> None:
    typed = ["+86 138 0013 8000", "13800138000", "１３８００１３８０００", "0086-138-0013-8000", "(+86)138 0013-8000"]
    typed += ["\u202d+86 138 0013 8000\u202c", "138-0013-8000\u200b", "tel:+86-138-0013-8000", "13800138000.0"]
    typed += ["86 13800138000", "+86 0138 0013 8000"]
    assert set(made(typed, "CN", "phone")) == {"+8613800138000"}


def test_what_is_no_phone_or_is_masked_is_nobodys() -> None:
    assert made(["", " ", "guest", "138****8000", "1380013800", "null", "00000000000"], "CN", "phone") == [None] * 7


def test_a_plain_number_is_read_in_the_shops_country() -> None:
    assert made(["(202) 456-1111", "+86 13800138000"], "US", "phone") == ["+12024561111", "+8613800138000"]
    assert (country_of("EUR", "Europe/Berlin"), country_of("USD", "UTC")) == ("DE", "US")


def test_a_gmail_box_is_one_whatever_dots_and_suffix_and_others_keep_theirs() -> None:
    typed = ["Jane.Doe+Shopping@googlemail.com", "janedoe@gmail.com", " JANEDOE@GMAIL.COM "]
    assert set(made(typed, "CN", "email")) == {"janedoe@gmail.com"}
    assert made(["Jane.Doe+a@example.com", "", "nobody", "a**@x.com"], "CN", "email") == [
        "jane.doe+a@example.com", None, None, None,
    ]  # fmt: skip


def test_what_a_mail_program_puts_around_an_address_is_no_part_of_it() -> None:
    typed = [
        "mailto:jane@example.com",
        "MAILTO: Jane@Example.com?subject=Hello",
        "<jane@example.com>",
        "Jane Doe <jane@example.com>",
        '"Doe, Jane" <jane@example.com>;',
        "'jane@example.com'",
        "jane@example.com,",
        "jane@example.com.",
        "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "\u200bjane@example.com\u00a0",
    ]
    assert made(typed, "CN", "email") == ["jane@example.com"] * len(typed)
    assert made(["jane@example.com;john@example.com", "<>", "mailto:", "a@b", "<jane@example.com"], "CN", "email") == [
        None, None, None, None, "jane@example.com",
    ]  # fmt: skip
    assert made(["Ann <o'neil@example.com>"], "CN", "email") == ["o'neil@example.com"]
    assert made(["o'neil@example.com", "a:b@example.com"], "CN", "email") == ["o'neil@example.com", "a:b@example.com"]


def test_the_pseudonym_is_hmac_sha_256() -> None:
    with duckdb.connect() as connection:
        value = duckdb.ConstantExpression("+8613800138000")
        ((own,),) = connection.table_function("range", [1]).project(keyed("phone", value, b"k" * 32)).fetchall()
    assert own == "phone:" + hmac.new(b"k" * 32, b"phone:+8613800138000", sha256).hexdigest()[:32]


def test_a_guest_with_a_phone_is_a_customer_and_linked_to_the_account_with_that_phone(tmp_path: Path) -> None:
    outcome = brought(
        tmp_path,
        "1,2026-05-01,A,1,9,app-1,13800138000,,",
        "2,2026-05-02,A,1,9,,+86 138 0013 8000,,",
        "3,2026-05-03,A,1,9,,,Jane.Doe@gmail.com,",
        "4,2026-05-04,A,1,9,,guest,,",
        keys=KEYS,
    )
    lines = rows(outcome, "order_lines").sort("order_id")
    customers = lines["customer_id"].to_list()
    assert customers[0] is None
    assert customers[1].startswith("phone:")
    assert customers[2].startswith("email:")
    assert customers[3] is None
    assert rows(outcome, "identities").sort("account_id").select("account_id", "key_kind").rows() == [
        ("app-1", "phone"), (customers[2], "email"), (customers[1], "phone"),
    ]  # fmt: skip
    history = pl.read_parquet(outcome.version.mart("customer_history"))
    assert dict(history.select("customer_id", "frequency").rows()) == {"app-1": 1, customers[2]: 0}


def test_the_hashes_that_platforms_ask_for_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    outcome = brought(
        tmp_path, "1,2026-05-01,A,1,9,app-1,13800138000,Test@Example.com,", "2,2026-05-01,A,1,9,b,,,", keys=KEYS
    )
    hashes = dict(rows(outcome, "contact_hashes").select("form", "hash").rows())
    assert {form: value[:8] for form, value in hashes.items()} == {
        "phone_plus": "ec61f3c6", "phone_plain": "bf08aacc", "email_box": "973dfe46", "email_plain": "973dfe46",
    }  # fmt: skip
    assert not [each for each in rows(outcome, "contact_hashes")["hash"] if each.startswith("e3b0c442")]


def test_a_buyers_name_that_is_a_contact_becomes_its_pseudonym_and_any_other_stays(tmp_path: Path) -> None:
    outcome = brought(
        tmp_path,
        "1,2026-05-01,A,1,9,Ann@Example.com,,,",
        "2,2026-05-02,A,1,9,13800138000,,,",
        "3,2026-05-03,A,1,9,tb_ann_77,,,",
        "4,2026-05-04,A,1,9,4471,,,",
        "5,2026-05-04,A,1,9,13800138000.0,,,",
        "6,2026-05-04,A,1,9,ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ,,,",
        "7,2026-05-04,A,1,9,mailto:ann@example.com,,,",
        more={"customer_id": "account"},
    )
    customers = rows(outcome, "order_lines").sort("order_id")["customer_id"].to_list()
    assert [each.split(":")[0] for each in customers[:4]] == ["email", "phone", "tb_ann_77", "4471"]
    assert customers[4:] == [customers[1], customers[0], customers[0]]


@pytest.mark.parametrize("kept", [pl.Int64, pl.Float64])
def test_a_column_of_numbers_that_are_mobiles_is_one_of_phones(tmp_path: Path, kept: type[pl.DataType]) -> None:
    frame = pl.DataFrame({"order": ["1", "2"], "at": ["2026-05-01"] * 2, "sku": "A", "n": 1, "amount": 9})
    frame = frame.with_columns(account=pl.Series([13800138000, 4471]).cast(kept))
    (tmp_path / "lines").mkdir()
    frame.write_parquet(tmp_path / "lines" / "lines.parquet")
    lines = {"files": "lines*", "columns": COLUMNS | {"customer_id": "account"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})
    outcome = import_files([tmp_path / "lines"], mapping, tmp_path / "lake")
    customers = rows(outcome, "order_lines").sort("order_id")["customer_id"].to_list()
    assert customers[0].startswith("phone:")
    assert customers[1] == "4471"


def test_nothing_raw_is_left_anywhere_in_the_data(tmp_path: Path) -> None:
    outcome = brought(
        tmp_path,
        "1,2026-05-01,A,1,9,app-1,13800138000,jane.doe@example.com,call 13912345678",
        "2,2026-05-02,A,x,9,app-2,13800138001,john@example.com,write to john@example.com",
        "3,2026-05-02,A,x,9,,13800138002,,",
        keys=KEYS,
    )
    assert outcome.rows_rejected == 2
    raw = ("13800138", "13912345678", "example.com", "jane", "john")
    for file in (tmp_path / "lake").rglob("*"):
        if file.is_file():
            text = str(pl.read_parquet(file).to_dicts()) if file.suffix == ".parquet" else file.read_text()
            assert not [each for each in raw if each in text], file


def test_rejected_rows_that_come_back_mended_are_the_same_persons(tmp_path: Path) -> None:
    outcome = brought(tmp_path, "1,2026-05-02,A,x,9,,13800138001,,", "2,2026-05-02,A,1,9,,13800138001,,", keys=KEYS)
    assert outcome.version.rejects is not None
    (row,) = pl.read_parquet(outcome.version.rejects)["row"].str.json_decode(pl.Struct({"phone": pl.String}))
    again = brought(tmp_path / "again", f"1,2026-05-02,A,1,9,,{row['phone']},,", keys=KEYS)
    assert rows(again, "order_lines")["customer_id"].to_list() == [rows(outcome, "order_lines")["customer_id"].item()]


def test_keys_add_to_the_identities_that_are_there(tmp_path: Path) -> None:
    first = brought(tmp_path, "1,2026-05-01,A,1,9,app-1,13800138000,,", keys=KEYS)
    second = brought(tmp_path, "2,2026-05-01,A,1,9,app-2,13800138001,,", keys=KEYS)
    assert rows(first, "identities").height == 1
    assert rows(second, "identities")["account_id"].sort().to_list() == ["app-1", "app-2"]


def test_another_key_than_that_of_the_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = brought(tmp_path, "1,2026-05-01,A,1,9,app-1,13800138000,,", keys=KEYS)
    assert outcome.version.key_fingerprint == keys.fingerprint(keys.secret())
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "config" / "other"))
    with pytest.raises(Refused, match="another key"):
        brought(tmp_path, "2,2026-05-01,A,1,9,app-2,13800138000,,", keys=KEYS)


def test_a_key_inside_the_data_or_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "lake" / "key"))
    with pytest.raises(Refused, match="inside the data folder"):
        brought(tmp_path, "1,2026-05-01,A,1,9,app-1,13800138000,,", keys=KEYS)
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "config" / "key"))
    (tmp_path / "config" / "key").chmod(0o644)
    with pytest.raises(Refused, match="mode 600"):
        keys.secret()


def test_a_file_without_keys_needs_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keys.VARIABLE, "/proc/nowhere/key")
    assert brought(tmp_path, "1,2026-05-01,A,1,9,app-1,,,").version.key_fingerprint == ""
    with pytest.raises(Refused, match="cannot be read or made"):
        brought(tmp_path / "keyed", "1,2026-05-01,A,1,9,app-1,13800138000,,", keys=KEYS)


def test_an_order_that_names_two_accounts_or_two_phones_is_rejected(tmp_path: Path) -> None:
    outcome = brought(
        tmp_path,
        "1,2026-05-01,A,1,9,app-1,,,",
        "1,2026-05-01,B,1,9,app-2,,,",
        "2,2026-05-01,A,1,9,,13800138000,,",
        "2,2026-05-01,B,1,9,,13900139000,,",
        "3,2026-05-01,A,1,9,app-1,13800138000,,",
        keys=KEYS,
    )
    assert rows(outcome, "order_lines")["order_id"].to_list() == ["3"]
    assert {(broken.rule, broken.rows) for broken in outcome.broken_rules} == {("two accounts", 2), ("two buyers", 2)}
    assert rows(outcome, "identities")["account_id"].to_list() == ["app-1"]
