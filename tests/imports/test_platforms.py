"""Ready mappings: a file in the shape that each platform writes gives the orders, buyers and money added up by hand."""

import hmac
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.checks.secret import secret
from shopkeeper.imports.guess.chosen import fitting
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.file import available, load
from shopkeeper.lake.version import Shop

FOLDER = Path(__file__).with_name("platforms")
CHINESE, AMERICAN = ("CNY", "Asia/Shanghai"), ("USD", "America/New_York")
NOT_ORDERS = ("shopify_products", "shopify_inventory")
ORDERS = {
    # The first order paid 100.00, of it 10.00 postage: 90.00 by 80 to 20. The second had 20.00 of 50.00 given back.
    "taobao": (
        CHINESE,
        {"4301000000000000001": "90.00", "4301000000000000002": "30.00"},
        {"小王爱茶", "+8613800000001"},
        "浙江省",
    ),
    # 96.00 were settled, of it 6.00 freight.
    "jd": (CHINESE, {"293000000001": "90.00"}, {"jd_wang"}, "浙江"),
    "douyin": (CHINESE, {"6900000000000000001": "70.00"}, set(), "浙江省"),
    # The cup was given back.
    "youzan": (CHINESE, {"E20260501102030000000001": "75.00"}, {"+8613800138000"}, "浙江省"),
    # 60.00 less 6.00 on the whole order; of the second order one of two cups came back.
    "woocommerce": (AMERICAN, {"101": "54.00", "102": "20.00"}, {"ann@example.com", "bob@example.com"}, "NY"),
    "amazon": (AMERICAN, {"111-0000001-0000001": "56.00"}, set(), "NY"),
    "square": (AMERICAN, {"tx1": "1056.00", "tx2": "-18.00"}, {"CUST1"}, None),
    "ebay": (AMERICAN, {"11-00001-00001": "60.00", "11-00002-00002": "1020.00"}, {"ann_l", "bob"}, None),
    "etsy": (AMERICAN, {"3100000001": "44.50", "3100000002": "20.00"}, {"Ann Lee (annl)", "bob"}, "NY"),
    "lightspeed": (AMERICAN, {"T-1": "56.00", "T-2": "-18.00"}, {"C1"}, None),
}
"""By platform: currency and timezone; net amount by order not cancelled; its buyers; the first line's region."""


def pseudonym(buyer: str) -> str:
    """A buyer as the lake knows him: what is an e-mail, or a phone in E.164, under the key of this run."""
    kind = "email" if "@" in buyer else "phone" if buyer.startswith("+") else ""
    return f"{kind}:{hmac.new(secret(), f'{kind}:{buyer}'.encode(), sha256).hexdigest()[:32]}" if kind else buyer


def imported(name: str, lake: Path, terms: tuple[str, str]) -> tuple[Outcome, pl.DataFrame]:
    outcome = import_files([FOLDER / name], load(name), lake, said=Acceptance("Test shop", *terms))
    return outcome, pl.read_parquet(outcome.version.files("order_lines"))


@pytest.mark.parametrize("name", ORDERS)
def test_an_export_gives_its_orders_buyers_and_money(name: str, tmp_path: Path) -> None:
    terms, amounts, buyers, region = ORDERS[name]
    outcome, lines = imported(name, tmp_path / "lake", terms)
    assert [str(broken.sentence()) for broken in outcome.broken_rules] == []
    kept = lines.filter(pl.col("status").is_null() | ~pl.col("status").is_in(["cancelled"]))
    by_order = kept.group_by("order_id").agg(pl.col("net_amount").sum())
    assert dict(by_order.iter_rows()) == {order: Decimal(amount) for order, amount in amounts.items()}
    assert set(kept["customer_id"].drop_nulls()) == {pseudonym(buyer) for buyer in buyers}
    assert kept["ship_to_region"][0] == region


@pytest.mark.parametrize("name", [*ORDERS, *NOT_ORDERS])
def test_a_file_finds_its_mapping_by_its_headings(name: str, tmp_path: Path) -> None:
    assert fitting([FOLDER / name], tmp_path, Shop("", "", "")) == name


def test_every_mapping_that_ships_has_a_fixture() -> None:
    assert {*ORDERS, *NOT_ORDERS} == set(available()) - {"plain", "sample", "online_retail", "shopify"}


def test_shopifys_products_and_stock_join_its_orders(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    said = Acceptance("Test shop", *AMERICAN)
    import_files([Path(__file__).with_name("shopify_orders.csv")], load("shopify"), lake, said=said)
    import_files([FOLDER / "shopify_products"], load("shopify_products"), lake)
    outcome = import_files([FOLDER / "shopify_inventory"], load("shopify_inventory"), lake)
    products = pl.read_parquet(outcome.version.files("products")).sort("sku")
    assert products.select("sku", "name", "category", "unit_cost").rows() == [
        ("CUP", "Cup", "Cups", None),
        ("TEA100", "Longjing tea", "Tea", Decimal("8.0000")),
        ("TEA250", "Longjing tea", "Tea", Decimal("18.5000")),
    ]
    stock = pl.read_parquet(outcome.version.files("stock_snapshots"))
    assert [(str(day), place, units) for day, place, units in stock.select("day", "location_id", "on_hand").rows()] == [
        ("2026-05-31", "Main Street", 20), ("2026-05-31", "Warehouse", 200),
    ]  # fmt: skip
    assert [(broken.column, broken.rule) for broken in outcome.broken_rules] == [("on_hand", "required")]
