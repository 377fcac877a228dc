"""The sample shop keeps the contract, and what it says of itself is true."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from shopkeeper.contract.table import Table
from shopkeeper.contract.tables import CONTACT_HASHES, TABLES
from shopkeeper.progress import Progress
from shopkeeper.sample import generate
from shopkeeper.sample.calendar import DAYS, FIRST_DAY, LAST_DAY
from shopkeeper.sample.stock import SNAPSHOT_DAYS
from tests.paths import SAMPLE as COMMITTED

ORDERS = 15_000
GENERATED = [table for table in TABLES if table is not CONTACT_HASHES]
"""Every table but the one that an import makes of raw contacts: nobody here has any."""


@dataclass(frozen=True)
class Shop:
    directory: Path
    tables: Mapping[str, pl.DataFrame]
    sales: pl.DataFrame  # lines of status sale, with `day`
    heard: tuple[float, ...] = ()  # fractions that the making of it told

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.directory / "truth" / f"{name}.parquet")

    def parameters(self) -> dict[str, Any]:
        text = (self.directory / "truth" / "parameters.json").read_text(encoding="utf-8")
        return dict(json.loads(text))


def read(directory: Path, table: Table) -> pl.DataFrame:
    pattern = "order_lines/part-*.parquet" if table.name == "order_lines" else f"{table.name}.parquet"
    return pl.read_parquet(directory / pattern)


def shop_in(directory: Path) -> Shop:
    """Lines with their person as the truth has it, in `customer_id`; what they say of the customer in `named`."""
    tables = {table.name: read(directory, table) for table in GENERATED}
    person = pl.read_parquet(directory / "truth" / "accounts.parquet").select("account_id", person="customer_id")
    lines = (
        tables["order_lines"]
        .with_columns(
            day=pl.col("ordered_at").dt.date(),
            net=pl.col("net_amount").cast(pl.Float64),
            named=pl.col("customer_id"),
            own=pl.coalesce("account_id", "customer_id"),
        )
        .join(person, left_on="own", right_on="account_id", how="left", maintain_order="left")
        .with_columns(customer_id="person")
        .drop("person")
    )
    return Shop(directory, {**tables, "order_lines": lines}, lines.filter(status="sale"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    directory = tmp_path_factory.mktemp("sample")
    generate(directory, ORDERS, seed=3)
    return shop_in(directory)


@pytest.fixture(scope="module")
def chunked(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """As many orders, the same seed, drawn in blocks of 900 persons."""
    directory = tmp_path_factory.mktemp("chunked")
    heard: list[float] = []
    generate(directory, ORDERS, 3, Progress(lambda _, share: heard.append(share)), persons_in_block=900)
    return replace(shop_in(directory), heard=tuple(heard))


@pytest.fixture(scope="module")
def committed() -> Shop:
    return shop_in(COMMITTED)


@pytest.mark.parametrize("table", GENERATED, ids=lambda table: table.name)
def test_every_table_has_the_columns_and_types_of_the_contract(shop: Shop, table: Table) -> None:
    part = "order_lines/part-0000.parquet" if table.name == "order_lines" else f"{table.name}.parquet"
    with duckdb.connect() as con:
        relation = con.read_parquet(str(shop.directory / part))
        assert list(relation.columns) == [column.name for column in table.columns]
        assert [str(kind) for kind in relation.types] == [column.type for column in table.columns]


@pytest.mark.parametrize("table", GENERATED, ids=lambda table: table.name)
def test_every_row_keeps_the_contract(shop: Shop, table: Table) -> None:
    rows = shop.tables[table.name]
    assert len(rows) > 0
    if table.key:
        assert not rows.select(table.key).is_duplicated().any()
    for column in table.columns:
        values = rows[column.name]
        expected = values.drop_nulls()
        assert not column.required or values.null_count() == 0, column.name
        if column.allowed:
            assert set(expected.unique()) <= set(column.allowed), column.name
        if column.minimum is not None and len(expected):
            assert float(expected.min()) >= column.minimum, column.name  # type: ignore[arg-type]


def test_every_reference_is_found(shop: Shop) -> None:
    for table in GENERATED:
        for column in table.columns:
            if column.references:
                target = next(each for each in TABLES if each.name == column.references)
                there = set(shop.tables[target.name][target.key[0]])
                result = set(shop.tables[table.name][column.name].drop_nulls())
                assert result <= there, (table.name, column.name)


def test_the_same_seed_gives_the_same_shop_in_place_of_an_earlier_one(shop: Shop, tmp_path: Path) -> None:
    generate(tmp_path, 600, seed=4, persons_in_block=60)
    other = shop_in(tmp_path)
    assert len(list((tmp_path / "order_lines").iterdir())) > 1
    assert not other.truth("persons").head(5).equals(shop.truth("persons").head(5))
    generate(tmp_path, ORDERS, seed=3)
    files = sorted(path.relative_to(shop.directory) for path in shop.directory.rglob("*.*"))
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    for path in files:
        assert (shop.directory / path).read_bytes() == (tmp_path / path).read_bytes(), path


def test_it_covers_three_years_to_three_weeks_before_double_11_with_sales_every_day(shop: Shop) -> None:
    days = shop.sales["day"].unique().sort()
    assert (days[0], days[-1], len(days)) == (date(2023, 7, 1), date(2026, 10, 21), DAYS)
    assert shop.tables["order_lines"]["day"].max() == LAST_DAY
    assert date(2026, 11, 11) - LAST_DAY == timedelta(days=21)
    coming = shop.tables["events"].filter(pl.col("starts_on") > LAST_DAY)
    assert coming["event_id"].to_list() == ["D11-2026"]


def test_there_are_about_as_many_orders_as_asked_for_and_12_percent_are_unidentified(shop: Shop) -> None:
    orders = shop.sales.unique("order_id")
    assert orders.height == pytest.approx(ORDERS, rel=0.08)
    assert orders["customer_id"].is_null().mean() == pytest.approx(0.12, abs=0.015)
    by_channel = dict(orders.group_by("channel").agg(pl.col("customer_id").is_null().mean()).iter_rows())
    assert min(by_channel["门店 Stores"], by_channel["经销商 Dealers"]) > 2 * by_channel["天猫 Tmall"]


def test_a_refund_gives_back_lines_of_an_earlier_order(shop: Shop) -> None:
    lines = shop.tables["order_lines"]
    refunds = lines.filter(status="refund")
    original = shop.sales.select(
        "order_id", "sku", "customer_id", "day", sold="quantity", got="net"
    ).unique(["order_id", "sku"], keep="none")  # fmt: skip
    paired = refunds.join(original, left_on=["original_order_id", "sku"], right_on=["order_id", "sku"])
    assert paired.height > 0.9 * refunds.height
    assert paired.filter(
        (pl.col("day") <= pl.col("day_right"))
        | (pl.col("quantity") != -pl.col("sold"))
        | (pl.col("net") != -pl.col("got"))
        | ~pl.col("customer_id").eq_missing(pl.col("customer_id_right"))
    ).is_empty()
    assert set(refunds["original_order_id"]) <= set(shop.sales["order_id"])
    assert refunds["original_order_id"].n_unique() / shop.sales["order_id"].n_unique() == pytest.approx(
        0.042, abs=0.008
    )


def test_order_lines_add_up_to_list_price_less_discount(shop: Shop) -> None:
    priced = shop.tables["order_lines"].join(shop.tables["products"].select("sku", "price"), on="sku")
    difference = priced["price"] * priced["quantity"] - priced["discount"] - priced["net_amount"]
    assert (difference == 0).all()
    assert (shop.sales["discount"] >= 0).all()
    assert shop.sales["order_id"].str.starts_with("S").all()


def test_goods_are_sold_only_between_launch_and_delisting(shop: Shop) -> None:
    goods = shop.tables["products"].select("sku", "launched_on", "delisted_on")
    sold = shop.sales.join(goods, on="sku")
    assert (sold["day"] >= sold["launched_on"]).all()
    assert (sold["day"] <= sold["delisted_on"]).drop_nulls().all()


def test_a_person_buys_at_most_once_a_day_and_on_the_days_that_the_truth_counts(shop: Shop) -> None:
    expected = shop.sales.filter(pl.col("customer_id").is_not_null())
    orders = expected.group_by("customer_id", "day").agg(pl.col("order_id").n_unique())
    assert (orders["order_id"] == 1).all()
    days = orders.group_by("customer_id").agg(days=pl.len())
    reported = shop.truth("persons").join(days, on="customer_id", how="left")
    assert (reported["days"] == reported["purchase_days"]).all()
    first = expected.group_by("customer_id").agg(first=pl.col("day").min())
    reported = reported.join(first, on="customer_id")
    assert (reported["first"] == reported["first_day"]).all()


def undisturbed(shop: Shop) -> pl.DataFrame:
    """Irregular buyers whom no distance cost, with `own`: purchase days of their own law, without those that a campaign
    brought and with those that a stock-out cost; `observed`: days of the season's clock from the first to the end."""
    season = shop.truth("day_factors").with_columns(clock=pl.col("buying_season").cum_sum() - pl.col("buying_season"))
    end = float(season["buying_season"].sum())
    extra = shop.truth("campaign_purchases").group_by("customer_id").len("extra")
    return (
        shop.truth("persons")
        .filter(pl.col("kind") == "irregular", pl.col("lost_by").ne_missing("distance"))
        .join(extra, on="customer_id", how="left", maintain_order="left")
        .join(season.select(first_day="day", clock="clock"), on="first_day", maintain_order="left")
        .with_columns(
            own=pl.col("undisturbed_days").cast(pl.Int64) - pl.col("extra").fill_null(0).cast(pl.Int64),
            observed=end - pl.col("clock"),
        )
    )


def test_purchases_follow_the_bg_nbd_law_of_the_truth(shop: Shop) -> None:
    law, persons = shop.parameters()["purchasing"], undisturbed(shop)
    # Fader, Hardie & Lee (2005), eq. 8: P(X(t) = 0) = (alpha / (alpha + t)) ^ r
    expected = float(np.mean((law["alpha"] / (law["alpha"] + persons["observed"].to_numpy())) ** law["r"]))
    once = (persons["own"] == 1).to_numpy()
    assert float(once.mean()) == pytest.approx(expected, abs=0.025)
    rate, leaving = persons["rate_per_day"].to_numpy(), persons["leaving"].to_numpy()
    assert float(rate.mean()) == pytest.approx(law["r"] / law["alpha"], rel=0.1)
    assert float(leaving.mean()) == pytest.approx(law["a"] / (law["a"] + law["b"]), rel=0.05)
    assert abs(float(np.corrcoef(rate, leaving)[0, 1])) < 0.05


def test_repeat_purchases_are_as_many_as_each_persons_own_rate_and_leaving_say(committed: Shop) -> None:
    persons = undisturbed(committed)
    rate, leaving = (persons[name].cast(pl.Float64).to_numpy() for name in ("rate_per_day", "leaving"))
    # Fader, Hardie & Lee (2005), section 3: E[X(t) | lambda, p] = (1 - exp(-lambda p t)) / p
    expected = -np.expm1(-rate * leaving * persons["observed"].to_numpy()) / leaving
    repeats = persons["own"].to_numpy() - 1
    assert repeats.sum() == pytest.approx(expected.sum(), rel=0.02)
    assert float(np.corrcoef(repeats, expected)[0, 1]) > 0.82


def test_spending_follows_the_persons_own_mean_and_not_the_frequency(shop: Shop) -> None:
    law = shop.parameters()["spending"]
    means = shop.truth("persons")
    assert means["mean_order_value"].mean() == pytest.approx(law["p"] * law["v"] / (law["q"] - 1), rel=0.06)
    orders = shop.sales.drop_nulls("customer_id").group_by("order_id", "customer_id").agg(pl.col("net").sum())
    paid = orders.group_by("customer_id").agg(pl.col("net").mean(), orders=pl.len())
    often = paid.filter(pl.col("orders") >= 8).join(means, on="customer_id")
    assert float(np.corrcoef(often["net"], often["mean_order_value"])[0, 1]) > 0.9
    assert abs(float(np.corrcoef(means["mean_order_value"], means["purchase_days"])[0, 1])) < 0.06


def stock_with_flows(shop: Shop) -> pl.DataFrame:
    """Snapshots with what came in and left on the day, and what lay there the evening before."""
    keys = ["day", "location_id", "sku"]
    stock = shop.tables["stock_snapshots"].select(*keys, "on_hand")
    moves = shop.tables["inbound"]
    received = moves.drop_nulls("received_on").group_by(day="received_on", location_id="location_id", sku="sku")
    sent = moves.drop_nulls("from_location").group_by(day="ordered_on", location_id="from_location", sku="sku")
    leaves = shop.tables["order_lines"].filter(~pl.col("status").is_in(["refund", "cancelled"]))
    shipped = leaves.group_by("day", location_id="ship_from_location", sku="sku").agg(shipped=pl.col("quantity").sum())
    before = stock.with_columns(pl.col("day") + timedelta(days=1)).rename({"on_hand": "before"})
    flows = stock.join(received.agg(received=pl.col("quantity").sum()), on=keys, how="left")
    flows = flows.join(sent.agg(sent=pl.col("quantity").sum()), on=keys, how="left")
    return flows.join(shipped, on=keys, how="left").with_columns(
        pl.col("received", "sent", "shipped").fill_null(0)
    ).join(before, on=keys)  # fmt: skip


def test_stock_is_yesterdays_plus_received_less_shipped_and_never_negative(shop: Shop) -> None:
    flows = stock_with_flows(shop)
    assert flows["day"].n_unique() == SNAPSHOT_DAYS - 1
    expected = flows["before"] + flows["received"] - flows["sent"] - flows["shipped"]
    assert (flows["on_hand"] == expected).all()
    assert (shop.tables["stock_snapshots"]["on_hand"] >= 0).all()
    assert flows["shipped"].sum() > 0
    assert flows["sent"].sum() > 0


def test_nothing_is_shipped_from_an_empty_shelf_and_what_is_lost_there_is_told(shop: Shop) -> None:
    flows = stock_with_flows(shop)
    empty = flows.filter(pl.col("before") + pl.col("received") == 0)
    assert empty.height > 1_000
    assert empty["shipped"].sum() == 0
    lost = shop.truth("lost_units")
    assert (lost["units"] > 0).all()
    where = lost.join(flows, on=["day", "location_id", "sku"])
    sold_out = where["before"] + where["received"] == where["shipped"]
    assert where.height > 50
    # Warehouses send to stores only after the buyers of the day are served.
    assert sold_out.all()


def test_sold_and_lost_units_are_what_was_asked_for(shop: Shop) -> None:
    query = int(shop.truth("demand")["units"].sum())
    lost = int(shop.truth("lost_units")["units"].sum())
    assert 0.01 < lost / query < 0.15
    # Nobody is sold more than was asked for, but for staples that replace what was out.
    keys = ["sku", "day", "region"]
    sold = shop.sales.group_by("sku", "day", region="ship_to_region").agg(sold=pl.col("quantity").sum())
    missed = shop.truth("lost_units").group_by(keys).agg(lost=pl.col("units").sum())
    reported = shop.truth("demand").join(sold, on=keys, how="full", coalesce=True).join(missed, on=keys, how="left")
    reported = reported.with_columns(pl.col("units", "sold", "lost").fill_null(0))
    staples = shop.tables["products"].sort("sku").gather_every(17)["sku"].to_list()
    ordinary = reported.filter(~pl.col("sku").is_in(staples))
    assert (ordinary["sold"] <= ordinary["units"]).all()
    # What staff, gifts and exchanges missed is lost too, but was not a buyer's demand.
    assert (ordinary["sold"] + ordinary["lost"] >= ordinary["units"]).all()


def test_open_deliveries_are_due_after_the_last_day_and_past_ones_have_landed(shop: Shop) -> None:
    moves = shop.tables["inbound"]
    coming = moves.filter(pl.col("received_on").is_null())
    assert coming.height > 50
    assert (coming["due_on"] > LAST_DAY).all()
    assert (coming["ordered_on"] <= LAST_DAY).all()
    assert (moves["received_on"].drop_nulls() <= LAST_DAY).all()


def test_events_lift_sales_by_category(shop: Shop) -> None:
    uplift = shop.truth("event_uplift")
    by_event = uplift.group_by("event_id").agg(pl.col("units").sum() / pl.col("units_without").sum())
    assert by_event["units"].min() > 1.1  # type: ignore[operator]
    assert by_event.filter(pl.col("event_id").str.starts_with("D11"))["units"].min() > 1.5  # type: ignore[operator]
    daily = shop.sales.group_by("day").agg(pl.col("quantity").sum())
    day = dict(daily.iter_rows())
    around = np.mean([day[date(2025, 10, 1) + timedelta(days=n)] for n in range(28)])
    assert day[date(2025, 11, 11)] > 2 * around
    peak = uplift.filter(event_id="D11-2025").group_by("category").agg(pl.col("units_factor").mean())
    factor = dict(peak.iter_rows())
    assert factor["护肤 Skin care"] > factor["水果 Fruit"]


def test_events_do_not_move_the_purchase_days_of_known_customers(committed: Shop) -> None:
    settled = committed.truth("persons").filter(pl.col("first_day") < date(2025, 9, 1))["customer_id"].to_list()
    purchases = committed.sales.filter(pl.col("customer_id").is_in(settled)).unique(["customer_id", "day"])["day"]
    window = purchases.is_between(date(2025, 11, 1), date(2025, 11, 11)).sum() / 11
    around = purchases.is_between(date(2025, 10, 11), date(2025, 10, 31)).sum() / 21
    season = committed.truth("day_factors")
    eager = [
        float(season.filter(pl.col("day").is_between(first, last))["buying_season"].to_numpy().mean())
        for first, last in ((date(2025, 11, 1), date(2025, 11, 11)), (date(2025, 10, 11), date(2025, 10, 31)))
    ]
    assert float(window) / eager[0] == pytest.approx(float(around) / eager[1], rel=0.12)


def test_a_campaign_raises_the_purchase_rate_by_its_known_effect(committed: Shop) -> None:
    campaign = committed.parameters()["campaigns"][0]
    sent = date.fromisoformat(campaign["sent_on"])
    until = sent + timedelta(days=campaign["window_days"])
    buyers = set(committed.sales.filter(pl.col("day").is_between(sent + timedelta(days=1), until))["customer_id"])
    contacts = committed.tables["contacts"].filter(campaign_id=campaign["id"])
    rate = {
        arm: float(np.mean([one in buyers for one in contacts.filter(arm=arm)["customer_id"]]))
        for arm in ("treated", "held_out")
    }
    assert rate["treated"] - rate["held_out"] == pytest.approx(campaign["effect"], abs=0.03)
    contactable = committed.tables["customers"].filter("contactable")["customer_id"]
    assert set(contacts["customer_id"]) <= set(contactable)


def test_accounts_belong_to_the_person_that_the_truth_names(shop: Shop) -> None:
    held = shop.truth("accounts")
    assert held["account_id"].n_unique() == held.height
    used = shop.sales.drop_nulls("own").select("own", "channel", "named", "account_id").unique("own")
    channels = held.drop_nulls("channel")
    assert used.height == channels.height == used.join(channels, left_on="own", right_on="account_id").height
    assert used.height > 1.2 * held["customer_id"].n_unique()
    guests = channels.filter("is_guest")
    assert set(guests["account_id"]) == set(used.filter(pl.col("account_id").is_null())["own"])
    assert 0.02 < guests.height / channels.height < 0.1
    members = shop.sales.drop_nulls("named").drop_nulls("account_id")
    assert (members["named"] == members["customer_id"]).all()


def test_keys_are_shared_by_families_and_at_tills_and_are_typed_wrong_now_and_then(shop: Shop) -> None:
    keys = shop.tables["identities"]
    assert keys["key_hash"].str.contains("^(phone|email|name|birth_date|postcode):[0-9a-f]{32}$").all()
    persons = (
        keys.join(shop.truth("accounts"), on="account_id")
        .group_by("key_kind", "key_hash")
        .agg(persons=pl.col("customer_id").n_unique(), accounts=pl.len())
    )
    phones = persons.filter(key_kind="phone").sort("persons", descending=True)
    till, *others = phones["persons"].to_list()
    assert till >= 5
    assert max(others) == 2
    assert 2 <= others.count(2) <= 40
    assert (persons.filter(key_kind="email")["persons"] == 1).all()
    assert 2 in persons.filter(key_kind="name")["persons"].to_list()
    wrong = keys.filter(key_kind="email").join(shop.truth("accounts"), on="account_id")
    per_person = wrong.group_by("customer_id").agg(keys=pl.col("key_hash").n_unique())
    assert 0 < (per_person["keys"] > 1).sum() < 0.05 * per_person.height


def test_blocks_change_the_draw_but_not_the_shop(shop: Shop, chunked: Shop) -> None:
    assert len(list((chunked.directory / "order_lines").iterdir())) > 3
    assert chunked.truth("persons").height == shop.truth("persons").height
    assert chunked.sales["order_id"].n_unique() == pytest.approx(shop.sales["order_id"].n_unique(), rel=0.12)
    for column in ("net", "quantity"):
        whole, cut = (float(each.sales[column].to_numpy().mean()) for each in (shop, chunked))
        assert cut == pytest.approx(whole, rel=0.06)
    for each in (shop, chunked):
        law, persons = each.parameters()["purchasing"], undisturbed(each)
        expected = (law["alpha"] / (law["alpha"] + persons["observed"].to_numpy())) ** law["r"]
        assert float((persons["own"] == 1).to_numpy().mean()) == pytest.approx(float(expected.mean()), abs=0.025)


def test_blocks_share_one_stock_and_one_numbering(chunked: Shop) -> None:
    flows = stock_with_flows(chunked)
    assert (flows["on_hand"] == flows["before"] + flows["received"] - flows["sent"] - flows["shipped"]).all()
    owner = chunked.tables["order_lines"].group_by("order_id").agg(pl.col("ordered_at").n_unique())
    assert (owner["ordered_at"] == 1).all()
    assert chunked.tables["customers"]["customer_id"].n_unique() == chunked.tables["customers"].height


def test_progress_is_told_from_nothing_to_done(chunked: Shop) -> None:
    assert chunked.heard[0] == 0.0
    assert list(chunked.heard) == sorted(chunked.heard)
    assert chunked.heard[-1] == 1.0


def test_the_committed_sample_is_small_and_has_about_200_000_orders(committed: Shop) -> None:
    size = sum(path.stat().st_size for path in COMMITTED.rglob("*") if path.is_file())
    assert size < 16_000_000
    assert committed.parameters()["orders_asked_for"] == 200_000
    assert committed.sales["order_id"].n_unique() == pytest.approx(200_000, rel=0.04)
    assert committed.sales["day"].min() == FIRST_DAY
    for table in GENERATED:
        assert committed.tables[table.name].columns[: len(table.columns)] == [column.name for column in table.columns]
