"""What the committed sample shop is like, and the laws in it that later pages look for, held against the data."""

import json
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from shopkeeper.sample.expected import rates
from tests.paths import SAMPLE

LAST_YEAR = date(2025, 10, 22)


@cache
def table(name: str) -> pl.DataFrame:
    return pl.read_parquet(SAMPLE / f"{name}.parquet")


@cache
def parameters() -> dict[str, Any]:
    return dict(json.loads((SAMPLE / "truth" / "parameters.json").read_text(encoding="utf-8")))


@cache
def lines() -> pl.DataFrame:
    """Order lines with `day`, `net`, `units` as numbers, and `person` in truth."""
    persons = table("truth/accounts").select(own="account_id", person="customer_id")
    return (
        pl.read_parquet(SAMPLE / "order_lines" / "*.parquet")
        .with_columns(
            day=pl.col("ordered_at").dt.date(),
            net=pl.col("net_amount").cast(pl.Float64),
            units=pl.col("quantity").cast(pl.Float64),
            own=pl.coalesce("account_id", "customer_id"),
        )
        .join(persons, on="own", how="left", maintain_order="left")
    )


@cache
def sales() -> pl.DataFrame:
    return lines().filter(status="sale")


def share(flags: pl.Series) -> float:
    return float(flags.to_numpy().mean())


# --- as in real retail ------------------------------------------------------------------------------------------------


def test_a_year_brings_12_to_20_million_yuan() -> None:
    money = lines().filter(pl.col("status").is_in(["sale", "refund"]))
    for year in (2023, 2024, 2025):
        within = money.filter(pl.col("day").is_between(date(year, 10, 22), date(year + 1, 10, 21)))
        assert 12e6 < within["net"].sum() < 20e6


def test_stock_turns_and_runs_out_as_in_real_retail() -> None:
    stock = table("stock_snapshots").join(
        table("products").select("sku", pl.col("unit_cost").cast(pl.Float64)), on="sku"
    )
    assert 0.03 <= share(stock["on_hand"] <= 0) <= 0.06
    value = (
        stock.filter(pl.col("day") >= LAST_YEAR).group_by("day").agg((pl.col("on_hand") * pl.col("unit_cost")).sum())
    )
    sold = sales().filter(pl.col("day") >= LAST_YEAR)
    cost = float((sold["units"] * sold["unit_cost"].cast(pl.Float64)).sum())
    assert 4 <= cost / float(value["on_hand"].to_numpy().mean()) <= 10


def test_variants_belong_to_parents_and_differ_in_size_or_colour() -> None:
    goods = table("products")
    assert 120 <= goods.height <= 150
    families = goods.group_by("parent_sku").agg(pl.len(), looks=pl.struct("size", "colour").n_unique())
    assert (families["len"] == families["looks"]).all()
    assert families.filter(pl.col("len") > 1).height > 25
    assert goods["colour"].drop_nulls().n_unique() == 3
    assert goods["delisted_on"].is_not_null().sum() == 1
    assert (goods["launched_on"] > date(2023, 7, 1)).sum() == 9


def test_a_place_has_a_price_to_open_and_to_run() -> None:
    places = table("locations")
    assert dict(places.group_by("kind").len().iter_rows()) == {"warehouse": 4, "store": 12, "dealer": 5}
    assert (places["opening_cost"].cast(pl.Float64) > places["running_cost"].cast(pl.Float64)).all()


# --- places and suppliers ---------------------------------------------------------------------------------------------


def test_some_stores_sell_nothing_on_mondays_and_none_over_spring_festival() -> None:
    own = sales().filter(pl.col("channel").str.contains("Stores|Dealers"))
    mondays = own.filter(pl.col("day").dt.weekday() == 1)["ship_from_location"].unique()
    closed = set(own["ship_from_location"]) - set(mondays)
    assert 3 <= len(closed) <= 6
    assert all(place.startswith("S") for place in closed)
    new_year = date(2026, 2, 17)
    assert own.filter(pl.col("day").is_between(new_year - timedelta(days=1), new_year + timedelta(days=3))).is_empty()
    assert own.filter(day=new_year - timedelta(days=2)).height > 0


def test_one_dealer_says_nothing_of_what_it_sells_and_is_seen_by_what_it_buys() -> None:
    silent = "D05"
    assert silent not in set(table("stock_snapshots")["location_id"]) | set(sales()["ship_from_location"])
    assert table("inbound").filter(location_id=silent).is_empty()
    bought = lines().filter(status="sell_in")
    assert bought["customer_id"].is_null().all()
    assert bought["units"].sum() == pytest.approx(table("truth/dealer_sell_out")["units"].sum(), rel=0.15)


def test_one_supplier_is_late() -> None:
    moves = table("inbound").filter(pl.col("from_location").is_null()).drop_nulls("received_on")
    moves = moves.join(table("products").select("sku", "supplier", "supplier_lead_days"), on="sku")
    moves = moves.filter(pl.col("location_id").str.starts_with("W"), pl.col("ordered_on") < pl.col("received_on"))
    took = (pl.col("received_on") - pl.col("ordered_on")).dt.total_days() / pl.col("supplier_lead_days")
    ratio = moves.group_by("supplier").agg(took.median().alias("ratio")).sort("ratio", descending=True)
    late = parameters()["late_supplier"]
    assert ratio["supplier"][0] == late["supplier"]
    assert ratio["ratio"][0] == pytest.approx(late["late_factor"], rel=0.15)
    assert ratio["ratio"][0] > 1.2 * float(ratio["ratio"][1])


# --- how people buy ---------------------------------------------------------------------------------------------------


def test_regular_buyers_come_at_even_intervals_by_the_seasons_clock_and_others_do_not() -> None:
    season = table("truth/day_factors").with_columns(clock=pl.col("buying_season").cum_sum())
    days = sales().drop_nulls("person").select("person", "day").unique().join(season.select("day", "clock"), on="day")
    gaps = days.sort("person", "day").with_columns(gap=pl.col("clock").diff().over("person")).drop_nulls("gap")
    spread = (
        gaps.group_by("person").agg(n=pl.len(), cv=pl.col("gap").std() / pl.col("gap").mean()).filter(pl.col("n") >= 10)
    )
    kinds = spread.join(table("truth/persons").select("kind", person="customer_id"), on="person")
    cv = dict(kinds.group_by("kind").agg(pl.col("cv").median()).iter_rows())
    assert cv["regular"] == pytest.approx(1 / np.sqrt(parameters()["purchasing_regular"]["shape"]), abs=0.08)
    assert cv["irregular"] > 0.8
    assert share(table("truth/persons")["kind"] == "regular") == pytest.approx(
        parameters()["purchasing_regular"]["share"], abs=0.01
    )


def test_known_persons_buy_most_in_the_season_of_gifts() -> None:
    factors = table("truth/day_factors").with_columns(month=pl.col("day").dt.month())
    eager = dict(factors.group_by("month").agg(pl.col("buying_season").mean()).iter_rows())
    assert max(eager, key=lambda month: eager[month]) == 12
    old = table("truth/persons").filter(pl.col("first_day") < date(2024, 7, 1))["customer_id"]
    bought = sales().filter(pl.col("person").is_in(old.implode())).unique(["person", "day"]).group_by("day").len()
    daily = bought.join(factors, on="day").with_columns(calm=pl.col("len") / pl.col("buying_season"))

    def mean(first: date, last: date) -> float:
        return float(daily.filter(pl.col("day").is_between(first, last))["calm"].to_numpy().mean())

    december = mean(date(2024, 12, 1), date(2024, 12, 31))
    around = (mean(date(2024, 10, 1), date(2024, 10, 31)) + mean(date(2025, 2, 15), date(2025, 3, 16))) / 2
    assert december == pytest.approx(around, rel=0.08)


def second_bought(persons: pl.Series) -> float:
    """The share that bought again, of so many persons."""
    days = sales().filter(pl.col("person").is_in(persons.implode())).group_by("person").agg(pl.col("day").n_unique())
    return share(days["day"] > 1)


def test_a_first_parcel_from_far_away_costs_customers_as_often_as_planted() -> None:
    old = table("truth/persons").filter(pl.col("first_day") < date(2025, 7, 1))
    online = old.filter(~pl.col("main_channel").str.contains("Stores|Dealers"))
    lanes = table("lanes").filter(pl.col("from_location").str.starts_with("W")).drop_nulls("to_region")
    nearest = lanes.group_by(region="to_region").agg(pl.col("lead_days").min())
    with_days = online.join(nearest, on="region")
    far = pl.col("lead_days") > parameters()["far_days"]
    back = {name: second_bought(with_days.filter(rows)["customer_id"]) for name, rows in (("far", far), ("near", ~far))}
    assert 0.15 < share(with_days.select(far.alias("far"))["far"]) < 0.5
    assert back["far"] / back["near"] == pytest.approx(1 - parameters()["far_leaves"], abs=0.03)


def test_a_stock_out_costs_customers_as_often_as_planted() -> None:
    lost = table("truth/persons").filter(lost_by="stock_out")
    after = sales().drop_nulls("person").join(lost.select("lost_on", person="customer_id"), on="person")
    brought = table("truth/campaign_purchases").select("day", person="customer_id")
    assert after.filter(pl.col("day") > pl.col("lost_on")).join(brought, on=["person", "day"], how="anti").is_empty()
    stayed = (lost["undisturbed_days"].cast(pl.Int64) - lost["purchase_days"].cast(pl.Int64)).sum()
    assert 0.01 < stayed / sales()["order_id"].n_unique() < 0.08
    assert 0.02 < lost.height / table("truth/persons").height < 0.06


def test_a_first_purchase_leads_to_the_next_category_that_the_truth_names() -> None:
    category = table("products").select("sku", "category")
    known = sales().drop_nulls("person").select("person", "day", "sku").join(category, on="sku")
    first = table("truth/persons").select("first_category", "first_day", person="customer_id")
    later = known.join(first, on="person").filter(pl.col("day") > pl.col("first_day"))
    usual = dict(later.group_by("category").agg(pl.len() / later.height).iter_rows())
    for start, then in parameters()["next_category"].items():
        rows = later.filter(first_category=start)["category"]
        assert share(rows == start) > usual[start] + 0.5 * parameters()["same_share"], start
        assert share(rows == then) > usual[then] + 0.4 * parameters()["next_share"], start


# --- campaigns, spend, deposits ---------------------------------------------------------------------------------------


def test_campaigns_of_the_programme_hold_out_the_same_persons() -> None:
    contacts = table("contacts").filter(pl.col("campaign_id").str.starts_with("CARE-"))
    assert contacts["campaign_id"].n_unique() == 10
    assert (contacts.group_by("customer_id").agg(pl.col("arm").n_unique())["arm"] == 1).all()
    people = contacts.unique("customer_id")
    assert share(people["arm"] == "held_out") == pytest.approx(parameters()["programme_holdout"], abs=0.01)


def test_more_spent_in_a_region_brings_more_newcomers_there() -> None:
    test = parameters()["region_test"]
    within = pl.col("first_day").is_between(date.fromisoformat(test["starts_on"]), date.fromisoformat(test["ends_on"]))
    persons = table("truth/persons").with_columns(tested=pl.col("region").is_in(test["regions"]), within=within)
    counts = {(tested, when): n for tested, when, n in persons.group_by("tested", "within").len().iter_rows()}
    lift = counts[True, True] / counts[True, False] / (counts[False, True] / counts[False, False])
    assert lift == pytest.approx(test["lift"], abs=3 * lift / np.sqrt(counts[True, True]))
    spent = table("marketing_spend").drop_nulls("region")
    assert set(spent["region"]) == set(test["regions"])
    assert set(spent["campaign_id"]) == {test["id"]}


def test_spend_says_whether_it_wins_or_keeps_and_one_channel_sells_nothing_itself() -> None:
    spent = table("marketing_spend")
    amount = dict(spent.group_by("purpose").agg(pl.col("amount").cast(pl.Float64).sum()).iter_rows())
    assert set(amount) == {"win", "keep"}
    assert amount["win"] > 3 * amount["keep"]
    assert len(set(spent["channel"]) - set(sales()["channel"])) == 1
    mailed = spent.filter(pl.col("campaign_id").is_in(table("contacts")["campaign_id"].unique().implode()))
    assert (mailed["purpose"] == "keep").all()


def test_deposits_come_before_their_event_and_most_are_followed_by_the_balance() -> None:
    paid = table("deposits").join(table("events"), on="event_id")
    assert (paid["day"] < paid["starts_on"]).all()
    coming = paid.filter(event_id="D11-2026")
    assert coming.height > 300
    assert coming["balance_paid"].is_null().all()
    past = paid.filter(pl.col("event_id") != "D11-2026")
    planted = parameters()["deposits"]
    assert share(past["balance_paid"]) == pytest.approx(
        planted["share"] / (planted["share"] + planted["unpaid"]), abs=0.02
    )


# --- what is asked for on average -------------------------------------------------------------------------------------


def test_true_rates_are_what_is_asked_for_on_average() -> None:
    expected = rates(SAMPLE)
    asked = table("truth/demand").filter(pl.col("day") >= expected["day"].min())
    both = expected.join(asked.rename({"units": "asked"}), on=["day", "region", "sku"], how="left").fill_null(0)
    assert both.height == 400 * 31 * 136
    assert both["asked"].sum() == asked["units"].sum()
    assert both["units"].sum() == pytest.approx(asked["units"].sum(), rel=0.03)
    for keys, least in ((["sku"], 0.99), (["region", "sku"], 0.98), (["day", "sku"], 0.75), (["region"], 0.99)):
        sums = both.group_by(keys).agg(pl.col("units", "asked").sum())
        assert float(np.corrcoef(sums["units"], sums["asked"])[0, 1]) > least, keys


@pytest.mark.parametrize(("event", "year"), [("D11-2024", 2024), ("D11-2025", 2025)])
def test_the_uplift_that_the_truth_counts_is_that_of_the_days_around(event: str, year: int) -> None:
    """A second way: units of the window over those of ordinary weeks before and after."""
    daily = table("truth/demand").group_by("day").agg(pl.col("units").sum())

    def mean(first: date, last: date) -> float:
        return float(daily.filter(pl.col("day").is_between(first, last))["units"].to_numpy().mean())

    around = (mean(date(year, 10, 4), date(year, 10, 31)) + mean(date(year, 11, 12), date(year, 11, 25))) / 2
    counted = table("truth/event_uplift").filter(event_id=event)
    uplift = float(counted["units"].sum()) / float(counted["units_without"].sum())
    assert uplift == pytest.approx(mean(date(year, 11, 1), date(year, 11, 11)) / around, rel=0.08)
    by_tier = table("truth/event_items").filter(event_id=event).group_by("tier").agg(
        pl.col("units").sum() / pl.col("units_without").sum()
    )  # fmt: skip
    tiers = dict(by_tier.iter_rows())
    assert tiers["high"] > tiers["middle"] > uplift > tiers["low"], "buyers trade up"


def test_overlapping_exports_come_to_what_the_truth_says_however_they_are_joined() -> None:
    folder = SAMPLE / "truth" / "exports"
    truth = json.loads((folder / "exports.json").read_text(encoding="utf-8"))
    earlier, later = (pl.read_csv(path, infer_schema=False).rows(named=True) for path in sorted(folder.glob("*.csv")))
    odd = {name: set(orders) for name, orders in truth["odd_orders"].items()}
    newer = {row["order_id"] for row in later}
    rows = [row for row in earlier if row["order_id"] not in newer]
    twice: set[tuple[str, ...]] = set()
    for row in later:
        key = tuple(str(value) for value in row.values())
        if row["order_id"] in odd["sent_twice"] and key in twice:
            continue
        twice.add(key)
        rows.append(row)
    sound = [
        row
        for row in rows
        if row["status"] != "cancelled" and row["order_id"] not in odd["two_buyers"] | odd["without_item"]
    ]
    assert len({row["order_id"] for row in sound}) == truth["orders"]
    assert sum(float(row["net_amount"]) for row in sound) == pytest.approx(truth["net_amount"], abs=0.01)
