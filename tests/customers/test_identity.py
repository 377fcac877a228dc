"""The Identity page: counts by eye, what is said and done, and the page itself."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from shopkeeper import i18n, state
from shopkeeper.cli.main import app as cli
from shopkeeper.contract.identity import IDENTITY_LEVELS
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.identity import report as identity_report
from shopkeeper.customers.identity import table
from shopkeeper.customers.identity.report import Gap
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks import secret as keys
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import file
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.jobs.identity import levels
from shopkeeper.lake.version import Version
from shopkeeper.ui import state as signing
from tests.declared import departures
from tests.shops.in_memory import MemoryQuery, line, shop
from tests.ui import page_app
from tests.ui.page_app import texts

PAGE = "pages/customers/identity.py"
open_page = partial(page_app.opened, PAGE)
VIEWS = ("channels", "coverage", "groups", "person", "levels", "links")


def of(account: str | None, day: date, channel: str, amount: int = 10, customer: str | None = None) -> dict[str, Any]:
    order = f"{account or customer}-{channel}-{day}"
    return line(customer, day, account_id=account, channel=channel, net_amount=amount, order_id=order)


def phone(account: str, number: str) -> dict[str, Any]:
    return {"account_id": account, "key_kind": "phone", "key_hash": f"phone:{number}"}


def small_shop(**more: Any) -> MemoryQuery:
    """Ann has an app account and bought once as a guest; Bob has one account; two store orders are nobody's."""
    lines = [
        of("app-ann", date(2024, 1, 5), "app", 10),
        of(None, date(2024, 2, 5), "web", 20, customer="phone:1"),
        of("app-bob", date(2024, 2, 6), "app", 40),
        of(None, date(2024, 2, 7), "store", 5),
        of(None, date(2024, 3, 7), "store", 6),
        of("app-bob", date(2024, 4, 2), "app", 1),
    ]
    return shop(lines, identities=[phone("app-ann", "1"), phone("phone:1", "1"), phone("app-bob", "2")], **more)


def test_accounts_persons_and_guests_are_counted() -> None:
    identity = identity_report.report(small_shop())
    assert (identity.accounts, identity.persons, identity.guests, identity.linked_accounts) == (3, 2, 1, 2)
    assert (identity.guest_orders, identity.linked_guest_orders) == (1, 1)
    assert (identity.revenue, identity.linked_revenue) == (71.0, 20.0)
    assert identity.identified_share == pytest.approx(4 / 6)
    assert identity.channels.select("channel", "accounts", "persons", "linked_revenue").rows() == [
        ("app", 2, 2, 0.0),
        ("web", 1, 1, 20.0),
    ]


def test_what_to_do_names_the_channel_whose_unknown_buyers_bring_most() -> None:
    """April is not closed on 2 April."""
    identity = identity_report.report(small_shop())
    assert identity.gap == Gap("store", 2, 11.0, 1.0)
    assert identity.months == 3


def test_a_shop_whose_buyers_are_all_known_has_nothing_to_do() -> None:
    identity = identity_report.report(shop([of("a", date(2024, 1, 5), "app"), of("a", date(2024, 3, 5), "app")]))
    assert identity.gap is None
    assert identity.linked_revenue == 0.0


def test_a_shop_without_any_buyer_says_so_in_figures() -> None:
    identity = identity_report.report(shop([line(None, date(2024, 1, 5)), line(None, date(2024, 3, 5))]))
    assert (identity.accounts, identity.persons, identity.identified_share) == (0, 0, 0.0)
    assert identity.gap == Gap("(none)", 1, 10.0, 1.0)


def test_one_persons_accounts_come_by_any_of_their_names() -> None:
    query = small_shop()
    for name in (("app-ann",), ("phone:1",), ("phone:1", "app-ann")):
        accounts = identity_report.accounts(query, name)
        assert accounts["account_id"].to_list() == ["app-ann", "phone:1"]
    assert identity_report.accounts(query, ("nobody",)).is_empty()


def test_largest_persons_say_what_holds_them_together() -> None:
    identity = identity_report.report(small_shop())
    assert identity.groups.select("person_id", "accounts", "held_by").rows() == [("app-ann", 2, "phone ×2")]
    sheet = table.groups(small_shop().version, identity)
    assert sheet.frame["held_by"].to_list() == ["Phone ×2"]


def test_frames_are_as_declared(opened: Engine) -> None:
    for query in (small_shop(), shop([line(None, date(2024, 1, 5))]), opened):
        assert departures(identity_report.report(query)) == []


def test_a_viewer_of_one_category_sees_no_persons() -> None:
    identity = identity_report.report(small_shop(scope=Scope(categories=("tea",))))
    assert (identity.accounts, identity.groups.height, identity.levels.height) == (0, 0, 0)


def test_looser_linking_has_fewer_customers_and_more_of_them_come_back(opened: Engine) -> None:
    made = levels.read(opened.version)
    assert made is not None
    assert made.columns == list(IDENTITY_LEVELS.names)
    strict, standard, loose = made["customers"].to_list()
    assert strict > standard > loose
    assert made["repeat_share"].is_sorted()
    history = opened("customers/histories", **CustomerFilters().acquired())
    assert standard == history.height
    row = made.row(1, named=True)
    assert row["repeat_share"] == pytest.approx((history["frequency"] > 0).to_numpy().mean())
    silent = (opened.version.as_of - history["last_day"]).dt.total_days() > 180
    assert row["silent_180"] == pytest.approx(silent.to_numpy().mean())
    assert row["revenue_per_customer"] == pytest.approx(history["revenue"].to_numpy().mean())


# --- the page ---


@pytest.fixture
def _served(corner_shop: Version, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOPKEEPER_DATA", str(corner_shop.path.parents[1]))
    # Streamlit's test app is signed in as somebody.
    monkeypatch.setattr(signing, "signed_in", lambda: None)
    with i18n.speaking("en"):
        yield


@pytest.mark.usefixtures("_served")
@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_draws_in_every_language(view: str, language: str) -> None:
    open_page(identity_view=view, lang=language)


@pytest.mark.usefixtures("_served")
def test_a_link_by_hand_is_kept_with_name_and_reason(corner_shop: Version) -> None:
    one, other = pl.read_parquet(corner_shop.mart("accounts"))["account_id"].unique().sort().head(2)
    app = open_page(identity_view="links")
    app.text_input(key="decided_by").set_value("Li")
    for name in ("13800138000", other):
        fields = {field.label: field for field in app.text_input}
        fields["Account"].set_value(one)
        fields["Other account"].set_value(name)
        fields["Why"].set_value("same address")
        next(button for button in app.button if button.label == "Keep").click().run()
        if name != other:
            assert [error.value for error in app.error] == [
                "No account with an order is called “13800138000”. Write it as the lists of this page do."
            ]
    assert f"`{one}` and `{other}` are one person." in texts(app)
    opened_state = state.open_state(state.url_of(corner_shop.path.parents[1], sample=corner_shop.shop.sample))
    (link,) = state.identity_links(opened_state)
    assert (link.author, link.reason, link.is_link) == ("Li", "same address", True)
    state.forget_identity_links(opened_state, {one})
    opened_state.close()


@pytest.mark.parametrize("channel", ["", "store"])
@pytest.mark.usefixtures("_served")
def test_a_shop_that_knows_nobody_is_told_where_to_ask(
    channel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [f"{month},2024-{month:02}-03 10:00:00,tea,1,9.5,{channel}" for month in (1, 2, 3, 4)]
    source = tmp_path / "order_lines.csv"
    source.write_text("\n".join(["order_id,ordered_at,sku,quantity,net_amount,channel", *orders]))
    import_files([source], file.load("plain"), tmp_path / "data", said=Acceptance("Tea", "EUR", "Europe/Berlin"))
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "data"))
    words = texts(open_page())
    assert "No order names its buyer, so there are no persons and accounts to count." in words
    assert "Widen the filters" not in words
    assert "that name no channel" not in words
    assert ("at store" if channel else "at the checkout") in words


PHONES = (
    "order_id,ordered_at,sku,quantity,net_amount,account_id,customer_phone",
    "1,2024-01-03,tea,1,9,app-ann,13800138000",
    "2,2024-02-03,tea,1,9,web-ann,+86 138 0013 8000",
    "3,2024-03-03,tea,1,9,app-bob,13900139000",
)


@pytest.fixture
def phones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Version:
    """A shop whose accounts have phones."""
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "config" / "key"))
    (tmp_path / "order_lines.csv").write_text("\n".join(PHONES))
    columns = {name: name for name in PHONES[0].split(",")[:-1]}
    table = {"files": "*", "columns": columns, "keys": {"phone": "customer_phone"}}
    shop = {"name": "Tea", "currency": "CNY", "timezone": "Asia/Shanghai"}
    mapping = parse_mapping("test", {"shop": shop, "tables": {"order_lines": table}})
    monkeypatch.setenv("SHOPKEEPER_DATA", str(tmp_path / "data"))
    return import_files([tmp_path / "order_lines.csv"], mapping, tmp_path / "data").version


def test_one_persons_accounts_come_by_a_phone_that_is_kept_nowhere(phones: Version) -> None:
    app = open_page(identity_view="person", identity_person="138 0013 8000")
    assert "**2** accounts" in texts(app)
    assert "identity_person" not in app.query_params
    assert app.text_input(key="identity_person").value == "138 0013 8000"
    app.text_input(key="identity_person").set_value("web-ann").run()
    assert app.query_params["identity_person"] in ("web-ann", ["web-ann"])
    other = open_page(identity_view="person", identity_person="13700137000")
    assert "No account with an order is called" in texts(other)
    assert phones.key_fingerprint


def test_an_export_of_one_person_takes_a_phone_and_does_not_say_it(phones: Version, tmp_path: Path) -> None:
    output = tmp_path / "person.csv"
    result = CliRunner().invoke(cli, ["export", "identity", "--person", "+86 13800138000", "-o", str(output)])
    assert result.exit_code == 0, result.output
    assert pl.read_csv(output)["account_id"].to_list() == ["app-ann", "web-ann"]
    assert "13800138000" not in output.read_text() + result.output
    for options, words in ((["--person", "13700137000"], "No account with an order"), (["--view", "levels"], "fit")):
        refused = CliRunner().invoke(cli, ["export", "identity", *options, "-o", str(output)])
        assert isinstance(refused.exception, Refused)
        assert words in str(refused.exception)
    assert phones.shop.name == "Tea"


def test_coverage_of_a_month_adds_up(opened: Engine) -> None:
    coverage = identity_report.report(opened).coverage
    assert (coverage["identified_orders"] <= coverage["orders"]).all()
    by_channel = coverage.group_by("channel").agg(pl.col("guest_orders").sum())
    guests = dict(by_channel.rows())
    assert {channel for channel, orders in guests.items() if orders} == {"官网 Web shop", "门店 Stores"}
