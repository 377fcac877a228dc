"""A person forgotten: the lines stay as nobody's, all else is gone from every byte, and nothing brings it back."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from shopkeeper import state
from shopkeeper.cli.main import app
from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import secret as keys
from shopkeeper.imports.checks import texts
from shopkeeper.imports.checks.forgotten import FILE
from shopkeeper.imports.forget import forget
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.outcome import Outcome
from shopkeeper.lake import store
from shopkeeper.lake.forget import FORGOTTEN
from shopkeeper.lake.persons import BY_HAND
from shopkeeper.lake.search import Sought, remains
from shopkeeper.lake.upgrade import is_outdated
from shopkeeper.state.schema import IdentityLinkRow
from tests.shops.once import copied, made_once

SHOP = {"name": "Test shop", "currency": "CNY", "timezone": "Asia/Shanghai"}
COLUMNS = {"order_id": "order", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
HEADER = "order,at,sku,n,amount,account,phone,mail"
PHONE, MAIL = "13800138000", "ann@example.com"
LINES = (
    f"1,2026-05-01,A,1,9,app-ann,{PHONE},",
    f"2,2026-05-02,A,1,9,,+86 138 0013 8000,{MAIL}",
    f"3,2026-05-02,A,1,9,web-ann,,{MAIL}",
    "4,2026-05-03,A,1,9,app-bob,13900139000,",
    f"5,2026-05-03,A,x,9,app-ann,{PHONE},",
    "6,2026-05-04,A,1,9,,,",
)
NAMES = ("app-ann", "web-ann", PHONE, MAIL, "8613800138000")


def brought(folder: Path, *lines: str) -> Outcome:
    (folder / "lines.csv").write_text("\n".join((HEADER, *lines, "")))
    columns = COLUMNS | {"account_id": "account"}
    table: dict[str, Any] = {"files": "lines*", "columns": columns, "keys": {"phone": "phone", "email": "mail"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    said = Acceptance(rejects=True, change=True)
    return import_files([folder / "lines.csv"], mapping, folder / "lake", said=said)


def buyers(root: Path) -> dict[str, tuple[str | None, str | None]]:
    version = store.current(root)
    assert version is not None
    rows = pl.read_parquet(version.files("order_lines")).sort("order_id")
    return {
        order: (customer, account)
        for order, customer, account in rows.select("order_id", "customer_id", "account_id").rows()
    }


@pytest.fixture(scope="session")
def brought_twice(lakes: Path) -> Path:
    """Two versions: of the first five lines, then of all."""

    def publish(lake: Path) -> None:
        brought(lake.parent, *LINES[:5])
        brought(lake.parent, *LINES)

    return made_once(lakes / "brought_twice" / "lake", publish)


@pytest.fixture
def root(brought_twice: Path, tmp_path: Path) -> Path:
    """The two versions in a lake of the test's own."""
    return copied(brought_twice, tmp_path / "lake").path.parents[1]


@pytest.mark.parametrize(
    "name", ["app-ann", " ａｐｐ－ａｎｎ", "web-ann", f"{PHONE}.0", "+86 138 0013 8000", "Ann <Ann@Example.com>"]
)
def test_any_of_a_persons_names_is_enough(root: Path, name: str) -> None:
    done = forget(root, name)
    assert {"app-ann", "web-ann"} <= set(done.names)
    assert done.erased.rows["order_lines"] == 3
    assert done.remains == ()
    assert buyers(root) == {
        "1": (None, None), "2": (None, None), "3": (None, None), "4": (None, "app-bob"), "6": (None, None),
    }  # fmt: skip


def test_totals_stay_and_the_lines_are_nobodys_in_the_figures(root: Path) -> None:
    before = store.current(root)
    done = forget(root, "app-ann")
    after = done.erased.served
    assert before is not None
    assert after.net_amount_published == before.net_amount_published
    assert after.tables["order_lines"].rows_published == before.tables["order_lines"].rows_published
    history = pl.read_parquet(after.mart("customer_history"))
    assert history["customer_id"].to_list() == ["app-bob"]
    coverage = pl.read_parquet(after.mart("identity_coverage"))
    assert coverage.select(pl.col("orders", "identified_orders").sum()).row(0) == (5, 1)


def test_no_byte_of_any_version_names_the_person(root: Path) -> None:
    done = forget(root, "app-ann")
    words = {*NAMES, *done.names}
    assert len(store.versions(root)) == 3
    for file in root.rglob("*"):
        if file.is_file():
            text = (
                str(pl.read_parquet(file).to_dicts())
                if file.suffix == ".parquet"
                else file.read_bytes().decode("utf-8", "replace")
            )
            assert not [word for word in words if word in text], file
    rejects = store.versions(root)[0].rejects
    assert rejects is not None
    assert FORGOTTEN in pl.read_parquet(rejects)["row"].item()


def test_the_search_finds_what_is_there_and_only_whole_names(root: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "export.csv").write_text("customer\napp-ann\n")
    (tmp_path / "kept" / "other.csv").write_text("customer\napp-annabel\n")
    assert [each.file.name for each in remains([tmp_path / "kept"], Sought(names=("app-ann",)))] == ["export.csv"]
    assert {each.file.suffix for each in remains([root], Sought(names=("app-ann",)))} == {".parquet"}


def test_the_old_file_brings_nobody_back(root: Path, tmp_path: Path) -> None:
    done = forget(root, "app-ann")
    outcome = brought(tmp_path, *LINES, "7,2026-05-06,A,1,9,app-bob,13900139000,")
    assert buyers(root)["1"] == buyers(root)["2"] == buyers(root)["3"] == (None, None)
    assert buyers(root)["7"] == (None, "app-bob")
    assert outcome.rows_rejected == 1
    assert list(remains([root], Sought((*NAMES, *done.names)))) == []
    assert "app-ann" not in (root / FILE).read_text()


def test_older_versions_are_made_anew_before_anybody_reads_them(root: Path) -> None:
    older = store.versions(root)[1]
    forget(root, "app-ann")
    assert is_outdated(store.versions(root)[2])
    served = store.rollback(root, older.id)
    assert served.marts == {}
    assert is_outdated(served)


def test_links_by_hand_go_too(root: Path) -> None:
    opened = state.open_state(state.url_of(root))
    for one, other in (("app-ann", "app-bob"), ("app-bob", "app-cid")):
        state.add_identity_link(opened, account_id=one, other_id=other, is_link=False, author="Li", reason="seen")
    opened.close()
    assert forget(root, "app-ann").links == 1
    assert b"app-ann" not in (root / state.FILE).read_bytes()
    opened = state.open_state(state.url_of(root))
    assert [link.other_id for link in state.identity_links(opened)] == ["app-cid"]
    opened.close()


def test_contacts_in_what_people_wrote_of_others_are_covered(root: Path) -> None:
    opened = state.open_state(state.url_of(root))
    # As a program wrote it that did not look.
    with opened.writing() as session:
        session.add(
            IdentityLinkRow(
                id="1", account_id="app-bob", other_id="app-cid", is_link=False, author="Li",
                reason=f"Bob's mother orders with {PHONE}", made_at=datetime.now(UTC),
            )
        )  # fmt: skip
    opened.close()
    words = Sought((PHONE,), ("app-bob",))
    assert [(each.file.name, each.rows) for each in remains([root], words) if each.file.name == state.FILE] == [
        (state.FILE, 2)
    ]
    assert forget(root, PHONE).remains == ()
    opened = state.open_state(state.url_of(root))
    assert [link.reason for link in state.identity_links(opened)] == [f"Bob's mother orders with {FORGOTTEN}"]
    opened.close()


def test_a_name_with_a_phone_in_it_is_forgotten_by_that_name_and_by_the_phone(tmp_path: Path) -> None:
    rows = ["1,2026-05-01,A,1,9,13800138000张三,,", "2,2026-05-01,A,1,9,139 0013 9000 (Bob),,", LINES[5]]
    (tmp_path / "lines.csv").write_text("\n".join((HEADER, *rows, "")))
    table = {"files": "lines*", "columns": COLUMNS | {"customer_id": "account"}, "keys": {"phone": "phone"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    import_files([tmp_path / "lines.csv"], mapping, tmp_path / "lake")
    for name in ("１３８００１３８０００张三", "13900139000"):
        done = forget(tmp_path / "lake", name)
        assert done.erased.rows["order_lines"] == 1
        assert done.remains == ()
    assert set(buyers(tmp_path / "lake").values()) == {(None, None)}


def test_a_contact_in_a_files_name_is_covered(tmp_path: Path) -> None:
    (tmp_path / f"lines {PHONE}.csv").write_text("\n".join((HEADER, *LINES, "")))
    table = {"files": "lines*", "columns": COLUMNS | {"account_id": "account"}, "keys": {"phone": "phone"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    said = Acceptance(rejects=True)
    import_files([tmp_path / f"lines {PHONE}.csv"], mapping, tmp_path / "lake", said=said)
    done = forget(tmp_path / "lake", PHONE)
    assert done.remains == ()
    assert done.erased.served.sources[0].name == f"lines {FORGOTTEN}.csv"


def test_who_is_not_known_is_not_forgotten(root: Path) -> None:
    before = store.current_id(root)
    with pytest.raises(Refused, match="Nobody is called nobody"):
        forget(root, "nobody")
    assert store.current_id(root) == before
    assert not (root / FILE).exists()


def test_a_key_of_several_persons_names_none_of_them(tmp_path: Path) -> None:
    brought(tmp_path, *(f"{n},2026-05-01,A,1,9,app-{n},{PHONE}," for n in range(14)))
    with pytest.raises(Refused, match=f"{PHONE} is of 14 persons.*app-0, app-1, app-10"):
        forget(tmp_path / "lake", PHONE)


def test_who_stands_in_an_older_version_or_in_rejects_only_is_forgotten_too(tmp_path: Path) -> None:
    brought(tmp_path, "1,2026-05-01,A,1,9,ann,,", "2,2026-05-01,A,1,9,bob,,", f"3,2026-05-01,A,x,9,cid,{PHONE},")
    brought(tmp_path, "2,2026-05-01,A,1,9,bob,,")
    root = tmp_path / "lake"
    for name in ("ann", "cid"):
        assert forget(root, name).remains == ()
        assert [
            version.id for version in store.versions(root) if list(remains([version.path], Sought(names=(name,))))
        ] == []
    assert buyers(root) == {"2": (None, "bob")}


@pytest.mark.parametrize("name", ["12", "web", "A", "2026"])
def test_a_name_that_is_also_another_things_is_taken_where_it_names_a_person_only(tmp_path: Path, name: str) -> None:
    brought(
        tmp_path, f"1,2026-05-01,A,1,12,{name},,", f"2,2026-05-12,A,1,9,{name}-2,,", f"12,2026-05-01,A,x,12,{name} 3,,"
    )
    done = forget(tmp_path / "lake", name)
    assert done.remains == ()
    assert buyers(tmp_path / "lake") == {"1": (None, None), "2": (None, f"{name}-2")}
    rejects = done.erased.served.rejects
    assert rejects is not None
    assert f'"account":"{name} 3"' in pl.read_parquet(rejects)["row"].item().replace(": ", ":")


def test_without_the_key_that_the_data_were_made_with_nobody_is_forgotten_and_nobody_comes_back(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.environ[keys.VARIABLE]
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "other" / "key"))
    with pytest.raises(Refused, match="another key"):
        forget(root, "app-ann")
    monkeypatch.setenv(keys.VARIABLE, own)
    forget(root, "app-ann")
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "other" / "key"))
    with pytest.raises(Refused, match="another key"):
        brought(tmp_path, *LINES, "7,2026-05-06,A,1,9,app-bob,13900139000,")


def test_no_name_is_refused(root: Path) -> None:
    with pytest.raises(Refused, match="Nobody is named"):
        forget(root, "  ")


def test_identities_brought_as_a_table_leave_no_copy_beside_the_version(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("\n".join((HEADER, *LINES, "")))
    (tmp_path / "identities.csv").write_text("account_id,key_kind,key_hash\napp-ann,member,77\n")
    lines: dict[str, Any] = {
        "files": "lines*",
        "columns": COLUMNS | {"account_id": "account"},
        "keys": {"phone": "phone"},
    }
    tables = {
        "order_lines": lines,
        "identities": {"files": "identities*", "columns": {n: n for n in ("account_id", "key_kind", "key_hash")}},
    }
    mapping = parse_mapping("test", {"shop": SHOP, "tables": tables})
    files = [tmp_path / "lines.csv", tmp_path / "identities.csv"]
    outcome = import_files(files, mapping, tmp_path / "lake", said=Acceptance(rejects=True, change=True))
    manifest = {file.path for table in outcome.version.tables.values() for file in table.files}
    parts = {str(file.relative_to(outcome.version.path)) for file in outcome.version.path.rglob("*identities*.parquet")}
    assert not [each for each in parts if each.startswith("new-")]
    assert forget(tmp_path / "lake", "app-ann").remains == ()
    assert all((outcome.version.path / path).exists() for path in manifest)


def accounts(folder: Path) -> list[str | None]:
    return [account for _, account in buyers(folder / "lake").values()]


@pytest.mark.parametrize(("kept", "name"), [("4471.0", "4471"), ("4471", "4471.0"), ("4471", "４４７１")])
def test_a_number_is_the_same_whichever_program_kept_it(tmp_path: Path, kept: str, name: str) -> None:
    """A file that has it in both ways says one person, who is forgotten whole."""
    both = (f"1,2026-05-01,A,1,9,{kept},,", "2,2026-05-01,A,1,9,4471.00,,", "3,2026-05-01,A,1,9,bob,,")
    brought(tmp_path, *both)
    assert forget(tmp_path / "lake", name).names == ("4471",)
    assert accounts(tmp_path) == [None, None, "bob"]


def test_a_number_that_an_older_program_kept_with_point_zero_stays_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("1,2026-05-01,A,1,9,4471.0,,", "2,2026-05-01,A,1,9,bob,,")
    with monkeypatch.context() as older:
        older.setattr(texts, "without_point_zero", lambda value: value)
        brought(tmp_path, *lines)
    assert accounts(tmp_path) == ["4471.0", "bob"]
    assert forget(tmp_path / "lake", "4471").names == ("4471.0",)
    brought(tmp_path, *lines, "3,2026-05-02,A,1,9,cid,,")
    assert accounts(tmp_path) == [None, "bob", "cid"]


def test_the_command_says_what_was_done(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    result = CliRunner().invoke(app, ["forget", "app-ann", "--yes"])
    assert result.exit_code == 0, result.output
    assert "order lines that are nobody's now: 3" in result.output
    assert "none of the names is left" in result.output


def test_links_by_hand_are_applied_when_the_same_files_come_again(root: Path, tmp_path: Path) -> None:
    assert not brought(tmp_path, *LINES).changed
    opened = state.open_state(state.url_of(root))
    state.add_identity_link(
        opened, account_id="app-ann", other_id="app-bob", is_link=True, author="Li", reason="one couple"
    )
    opened.close()
    version = brought(tmp_path, *LINES).version
    assert pl.read_parquet(version.mart("customer_history"))["customer_id"].to_list() == ["app-ann"]
    assert not brought(tmp_path, *LINES).changed


def test_links_by_hand_are_applied_when_accounts_are_linked_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(root))
    opened = state.open_state(state.url_of(root))
    state.add_identity_link(
        opened, account_id="app-ann", other_id="app-bob", is_link=True, author="Li", reason="one couple"
    )
    opened.close()
    assert CliRunner().invoke(app, ["relink"]).exit_code == 0
    version = store.current(root)
    assert version is not None
    assert pl.read_parquet(version.mart("customer_history"))["customer_id"].to_list() == ["app-ann"]
    assert set(BY_HAND) == {"account_id", "other_id", "is_link"}


def test_a_tills_account_is_no_persons_name(tmp_path: Path) -> None:
    rows = [f"{n},2026-05-01,A,1,9,till,,c{n}@example.com" for n in range(12)]
    (tmp_path / "lines.csv").write_text("\n".join((HEADER, *rows, "")))
    table = {"files": "lines*", "columns": COLUMNS | {"account_id": "account", "customer_id": "mail"}}
    mapping = parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": table}})
    import_files([tmp_path / "lines.csv"], mapping, tmp_path / "lake")
    done = forget(tmp_path / "lake", "c3@example.com")
    assert done.erased.rows["order_lines"] == 1
    assert "till" not in done.names
    assert sum(customer is not None for customer, _ in buyers(tmp_path / "lake").values()) == 11


def test_a_key_that_others_have_too_stays_with_them(tmp_path: Path) -> None:
    """A phone of more than a dozen accounts is no person's: to forget one of them leaves it with the others."""
    rows = [f"{n},2026-05-01,A,1,9,app-{n},13800138000," for n in range(14)]
    brought(tmp_path, *rows)
    done = forget(tmp_path / "lake", "app-3")
    assert done.names == ("app-3",)
    assert done.remains == ()
    version = store.current(tmp_path / "lake")
    assert version is not None
    assert pl.read_parquet(version.files("identities")).height == 13
