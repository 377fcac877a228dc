"""A mapping from headings and values: what is sure is taken, what could be two things is said, nothing is invented."""

import tomllib
from pathlib import Path

import pytest

from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.ready import fits
from shopkeeper.imports.guess.tables import FileGuess, guess, guess_as
from shopkeeper.imports.guess.values import NumberForm, day_formats, number_form
from shopkeeper.imports.guess.written import as_toml, choice_of, document, pattern_of
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import parse_mapping
from shopkeeper.imports.readers.samples import sample
from shopkeeper.lake.version import Shop

CHINESE = """订单编号,下单时间,商家编码,商品名称,购买数量,实付金额,买家会员名,收货省份,订单状态
1001,2026/05/01 10:20:30,A1,杯子,2,¥39.80,小明,浙江,交易成功
1002,2026/05/02 11:00:00,A2,茶,1,¥19.90,小红,江苏,交易关闭
"""
GERMAN = """Bestellnummer;Bestelldatum;Artikelnummer;Menge;Preis;Kunde;Kategorie
1;13.05.2026 10:00;A;2;1.234,50;anna;Tee
2;14.05.2026 11:00;B;1;12,00;bert;Tassen
"""
ENGLISH = """Order #,Purchased On,Item,Units,Line Total,Customer Email
5,05/21/2026,AB,1,"$1,200.00",a@x.com
6,05/22/2026,AB,2,$20.00,b@x.com
"""
SHOP = Shop("Test shop", "CNY", "Asia/Shanghai")


def guessed(folder: Path, text: str, name: str = "orders.csv") -> FileGuess:
    (folder / name).write_text(text, encoding="utf-8")
    return guess(sample(folder / name, name))


@pytest.mark.parametrize(
    ("text", "columns", "formats", "numbers"),
    [
        (
            CHINESE,
            {"order_id": "订单编号", "ordered_at": "下单时间", "sku": "商家编码", "quantity": "购买数量",
             "net_amount": "实付金额", "customer_id": "买家会员名", "ship_to_region": "收货省份",
             "product_name": "商品名称", "status": "订单状态"},
            ("%Y/%m/%d %H:%M:%S",), NumberForm(strip=("¥",)),
        ),
        (
            GERMAN,
            {"order_id": "Bestellnummer", "ordered_at": "Bestelldatum", "sku": "Artikelnummer", "quantity": "Menge",
             "price": "Preis", "customer_id": "Kunde", "category": "Kategorie"},
            ("%d.%m.%Y %H:%M",), NumberForm(",", "."),
        ),
        (
            ENGLISH,
            {"order_id": "Order #", "ordered_at": "Purchased On", "sku": "Item", "quantity": "Units",
             "net_amount": "Line Total", "customer_id": "Customer Email"},
            ("%m/%d/%Y",), NumberForm(thousands=",", strip=("$",)),
        ),
    ],
    ids=["Chinese", "German", "English"],
)  # fmt: skip
def test_headings_of_three_languages_are_understood(
    text: str, columns: dict[str, str], formats: tuple[str, ...], numbers: NumberForm, tmp_path: Path
) -> None:
    made = guessed(tmp_path, text)
    assert made.table == "order_lines"
    assert {each.column: each.heading for each in made.columns} == columns
    assert (made.formats, made.numbers, made.missing) == (formats, numbers, ())


@pytest.mark.parametrize("text", [CHINESE, GERMAN, ENGLISH], ids=["Chinese", "German", "English"])
def test_a_guess_written_as_toml_imports_its_file(text: str, tmp_path: Path) -> None:
    made = guessed(tmp_path, text)
    content = document([choice_of(made)], SHOP)
    assert tomllib.loads(as_toml(content)) == content
    mapping = parse_mapping("guess", content)
    outcome = import_files([tmp_path / "orders.csv"], mapping, tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (2, 0)


def test_a_day_that_could_be_a_month_is_not_decided(tmp_path: Path) -> None:
    made = guessed(tmp_path, ENGLISH.replace("05/21/", "05/06/").replace("05/22/", "07/08/"))
    assert made.formats == ("%d/%m/%Y", "%m/%d/%Y")


def test_words_of_a_status_that_nobody_knows_stay_open(tmp_path: Path) -> None:
    made = guessed(tmp_path, CHINESE.replace("交易关闭", "奇怪"))
    assert dict(made.statuses) == {"交易成功": "sale", "奇怪": ""}


def test_stock_and_products_are_told_from_orders(tmp_path: Path) -> None:
    stock = guessed(tmp_path, "日期,仓库,商品编码,库存数量\n2026-05-01,杭州仓,A1,20\n", "kc.csv")
    assert (stock.table, stock.missing) == ("stock_snapshots", ())
    products = guessed(tmp_path, "SKU,Product name,Category,Cost\nA1,Cup,Cups,3.20\n", "items.csv")
    assert (products.table, products.heading("unit_cost")) == ("products", "Cost")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order id,sku,quantity,note\n1,A,2,x\n")
    made = guess_as(sample(path, path.name), "order_lines")
    assert made.missing == ("ordered_at", "net_amount")


def test_a_time_is_known_by_its_values_where_one_column_alone_can_be_it(tmp_path: Path) -> None:
    made = guessed(tmp_path, "order id,sku,quantity,amount,when it was\n1,A,2,3.00,2026-05-01 10:00\n")
    assert made.heading("ordered_at") == "when it was"


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2026-05-01", "2026-05-01 10:00:00+08:00"], ()),
        (["01.05.2026", "31.05.2026"], ("%d.%m.%Y",)),
        (["May 1, 2026"], ("%b %d, %Y",)),
        (["12", "13"], None),
        (["tomorrow"], None),
        ([], None),
    ],
)
def test_times_are_known_by_how_all_of_them_are_written(values: list[str], formats: tuple[str, ...] | None) -> None:
    assert (day_formats(values) or ())[:1] == (formats or ())[:1]
    assert (day_formats(values) is None) == (formats is None)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["1", "2.50"], NumberForm()),
        (["1,234.50", "3"], NumberForm(thousands=",")),
        (["1.234,50", "3,00"], NumberForm(",", ".")),
        (["12,5"], NumberForm(",")),
        (["€ 5", "(7.00)"], NumberForm(strip=("€",), brackets=True)),
        (["five"], None),
    ],
)
def test_numbers_are_known_by_how_they_are_written(values: list[str], form: NumberForm | None) -> None:
    assert number_form(values) == form


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("orders_2026-11.csv", "orders_*.csv"), ("订单(3).csv", "订单*.csv"), ("orders.csv", "orders.csv")],
)
def test_a_pattern_fits_next_months_file(name: str, pattern: str) -> None:
    assert pattern_of(name) == pattern


def test_platforms_are_known_by_their_headings() -> None:
    path = Path(__file__).with_name("shopify_orders.csv")
    assert [fit.mapping for fit in fits(sample(path, path.name).headings)] == ["shopify"]


def test_every_heading_of_the_list_is_what_it_is_listed_for() -> None:
    for columns in headings.TABLES.values():
        for column, names in columns.items():
            for name in names:
                assert headings.fitness(name.upper().replace(" ", "_"), names) > 0.8, (column, name)
