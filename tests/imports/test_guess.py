"""A mapping from headings and values: what is sure is taken, what could be two things is said, nothing is invented."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from shopkeeper.contract.tables import TABLES
from shopkeeper.errors import Refused
from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.again import choice_again
from shopkeeper.imports.guess.choice import Choice, choice_of
from shopkeeper.imports.guess.layout import look
from shopkeeper.imports.guess.ready import fits
from shopkeeper.imports.guess.tables import FileGuess, guess, guess_as
from shopkeeper.imports.guess.values import NumberForm, day_formats, number_forms
from shopkeeper.imports.guess.written import as_toml, document, pattern_of
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping.file import load, parse_mapping
from shopkeeper.imports.readers.samples import Sample, sample
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


def seen(folder: Path, text: str | bytes, name: str = "orders.csv") -> Sample:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (only,) = look(folder / name, name)
    return only


def choice(folder: Path, text: str, name: str = "orders.csv") -> Choice:
    top = seen(folder, text, name)
    return choice_of(guess(top), top)


def formats(made: FileGuess) -> tuple[str, ...]:
    column = made.column("ordered_at")
    return column.formats if column else ()


def guessed(folder: Path, text: str, name: str = "orders.csv") -> FileGuess:
    (folder / name).write_text(text, encoding="utf-8")
    return guess(sample(folder / name, name))


@pytest.mark.parametrize(
    ("text", "columns", "times", "numbers"),
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
    text: str, columns: dict[str, str], times: tuple[str, ...], numbers: NumberForm, tmp_path: Path
) -> None:
    made = guessed(tmp_path, text)
    assert made.table == "order_lines"
    assert {each.column: each.heading for each in made.columns} == columns
    assert (formats(made), made.missing) == (times, ())
    amount = made.column("net_amount") or made.column("price")
    assert amount is not None
    assert amount.numbers == (numbers,)


@pytest.mark.parametrize("text", [CHINESE, GERMAN, ENGLISH], ids=["Chinese", "German", "English"])
def test_a_guess_written_as_toml_imports_its_file(text: str, tmp_path: Path) -> None:
    content = document([choice(tmp_path, text)], SHOP)
    assert tomllib.loads(as_toml(content)) == content
    path = tmp_path / "guess.toml"
    path.write_text(as_toml(content))
    mapping = load(path)
    assert mapping == parse_mapping("guess", content)
    outcome = import_files([tmp_path / "orders.csv"], mapping, tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (2, 0)


def test_a_day_that_could_be_a_month_is_not_decided(tmp_path: Path) -> None:
    made = guessed(tmp_path, ENGLISH.replace("05/21/", "05/06/").replace("05/22/", "07/08/"))
    assert formats(made) == ("%d/%m/%Y", "%m/%d/%Y")
    assert [each.column for each in made.columns if each.is_doubtful] == ["ordered_at"]


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
        (["2026-05-01", "46143", "46143.5"], ("%Y-%m-%d", "serial")),
        (["01/02/2026", "46143"], None),
        (["46143", "46144"], None),
        (["2026-5-1", "2026-05-12"], ("%Y-%m-%d",)),
    ],
)
def test_times_are_known_by_how_all_of_them_are_written(values: list[str], formats: tuple[str, ...] | None) -> None:
    assert (day_formats(values) or ())[:1] == (formats or ())[:1]
    assert (day_formats(values) is None) == (formats is None)


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        (["1", "2.50"], [NumberForm()]),
        (["1,234.50", "3"], [NumberForm(thousands=",")]),
        (["1.234,50", "3,00"], [NumberForm(",", ".")]),
        (["12,5"], [NumberForm(",")]),
        (["1 234,50", "2"], [NumberForm(",", " ")]),
        (["1'234.50"], [NumberForm(thousands="'")]),
        (["€ 5", "(7.00)"], [NumberForm(strip=("€",), brackets=True)]),
        (["1.234", "2"], [NumberForm(), NumberForm(",", ".")]),
        (["1,234"], [NumberForm(thousands=","), NumberForm(",")]),
        (["1.234", "0.5"], [NumberForm()]),
        (["12.345.678"], [NumberForm(",", ".")]),
        (["1,234.50", "1’234.50", "1\u202f234"], [NumberForm(thousands=",\u202f’")]),
        (["１，２３４．５０", "３"], [NumberForm(thousands=",")]),
        (["CN¥12", "12.50 元", "人民币3", "rmb 4"], [NumberForm(strip=("CN¥", "元", "人民币", "rmb"))]),
        (["HK$1,200.00", "-HK$3"], [NumberForm(thousands=",", strip=("HK$",))]),
        (["$12", "US$ 13", "USD 14"], [NumberForm(strip=("$", "US$", "USD"))]),
        (["12.50-", "3"], [NumberForm()]),
        (["$12", "€12"], []),
        (["0.25kg", "3 KG"], [NumberForm(strip=("kg", "KG"))]),
        (["2件", "3 箱"], []),
        (["12 PCX", "A12"], []),
        (["five"], []),
        ([], []),
    ],
)
def test_numbers_are_known_by_how_they_are_written(values: list[str], forms: list[NumberForm]) -> None:
    """A mark that could be that of decimals or of thousands is not decided."""
    assert list(number_forms(values)) == forms


def test_what_one_column_leaves_open_another_of_the_file_settles(tmp_path: Path) -> None:
    rows = "Order;Date;SKU;Qty;Total;Discount\n1;13.05.2026;A;1;1.234;{}\n"
    alone, beside = (guessed(tmp_path, rows.format(discount)).column("net_amount") for discount in ("2", "0,50"))
    assert alone is not None
    assert beside is not None
    assert alone.numbers == (NumberForm(), NumberForm(",", "."))
    assert beside.numbers == (NumberForm(",", "."),)


def test_each_column_is_written_in_its_own_way(tmp_path: Path) -> None:
    text = "Delivery,SKU,Warehouse,Quantity,Due date,Ordered on\nD1,A,W,5,13.06.2026,2026-05-01\n"
    made = choice(tmp_path, text, "inbound.csv")
    assert (made.table, made.formats) == ("inbound", {"due_on": ("%d.%m.%Y",)})


def test_every_column_of_the_contract_has_names() -> None:
    for declared in TABLES:
        assert set(declared.names) - set(headings.TABLES[declared.name]) <= {"unit"}


def test_lines_above_the_headings_and_totals_below_are_no_rows(tmp_path: Path) -> None:
    text = "Sales report\nMay 2026\n\nOrder,Date,SKU,Qty,Total\n1,2026-05-01,A,1,10\nTotal,,,1,10\n"
    made = choice(tmp_path, text)
    assert made.layout.header == ("Order", "Date", "SKU", "Qty")
    assert made.layout.leave_out == (("Order", ("Total",)),)
    outcome = import_files([tmp_path / "orders.csv"], parse_mapping("guess", document([made], SHOP)), tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (1, 0)
    short = choice(tmp_path, "Order,Date,SKU,Qty,Total\n1,2026-05-01,A,1,10\nSumme,10\n")
    assert (short.layout.header, short.layout.footer_rows) == ((), 1)


def test_bytes_that_are_text_in_several_encodings_are_not_decided(tmp_path: Path) -> None:
    text = "Order,Date,SKU,Qty,Total,Customer\n1,2026-05-01,A,1,10,Müller\n"
    assert seen(tmp_path, text).encodings == ()
    assert dict(seen(tmp_path, text.encode("cp1252")).encodings)["cp1252"] == "Müller"
    (read,) = look(tmp_path / "orders.csv", "orders.csv", "cp1252")
    assert (read.layout.encoding, read.values("Customer")) == ("cp1252", ("Müller",))
    chinese = seen(tmp_path, CHINESE.replace("¥", "").encode("gb18030"))
    assert (chinese.layout.encoding, chinese.headings[0]) == ("gb18030", "订单编号")


def test_sheets_of_several_kinds_are_several_tables_and_hidden_ones_none(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Order", "Date", "SKU", "Qty", "Total"])
    book.active.append(["1", "2026-05-01", "A", 1, 10])
    for title, row in (("Goods", ["A", "Cup", 3]), ("Old", ["A", "Cup", 2])):
        sheet = book.create_sheet(title)
        sheet.append(["SKU", "Product name", "Cost"])
        sheet.append(row)
    book["Old"].sheet_state = "hidden"
    book.save(tmp_path / "shop.xlsx")
    samples = look(tmp_path / "shop.xlsx", "shop.xlsx")
    assert [(guess(each).table, each.layout.sheets) for each in samples] == [
        ("order_lines", ("Sheet",)),
        ("products", ("Goods",)),
    ]
    content = document([choice_of(guess(each), each) for each in samples], SHOP)
    outcome = import_files([tmp_path / "shop.xlsx"], parse_mapping("guess", content), tmp_path / "lake")
    assert [(each.name, each.rows_published) for each in outcome.tables] == [("order_lines", 1), ("products", 1)]


def test_two_files_of_one_table_are_read_by_one_mapping(tmp_path: Path) -> None:
    first = choice(tmp_path, "Order,Date,SKU,Qty,Total\n1,2026-05-01,A,1,10.00\n", "a.csv")
    other = choice(tmp_path, "Order No,Order date,Item,Quantity,Amount\n2,13.05.2026,A,1,$12.50\n", "b.csv")
    mapping = parse_mapping("guess", document([first, other], SHOP))
    outcome = import_files([tmp_path / "a.csv", tmp_path / "b.csv"], mapping, tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (2, 0)
    assert outcome.net_amount_published == Decimal("22.50")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ('Order,Date,SKU,Qty,Total\n2,2026-05-01,A,1,"12,50"\n', "do not write net_amount alike"),
        ("Order,Date,SKU,Qty,Price\n2,2026-05-01,A,1,5.00\n", "do not write net_amount alike"),
        ("Nr,Date,SKU,Qty,Total,Order\n2,2026-05-01,A,1,5.00,first\n", "is something else in another file"),
        ("Till\n\nOrder,Date,SKU,Qty,Total\n2,2026-05-01,A,1,5.00\n", "do not write their rows alike"),
    ],
)
def test_two_files_that_no_one_mapping_reads_are_refused(other: str, says: str, tmp_path: Path) -> None:
    first = choice(tmp_path, "Order,Date,SKU,Qty,Total\n1,2026-05-01,A,1,10.00\n", "a.csv")
    second = choice(tmp_path, other, "b.csv")
    if "Nr" in second.headings:
        second = replace(second, columns={**second.columns, "order_id": "Nr"})
    with pytest.raises(Refused, match=says):
        document([first, second], SHOP)


@pytest.mark.parametrize("text", [CHINESE, GERMAN, ENGLISH], ids=["Chinese", "German", "English"])
def test_a_mapping_made_by_matching_is_read_back_to_be_changed(text: str, tmp_path: Path) -> None:
    top = seen(tmp_path, text)
    made = choice_of(guess(top), top)
    assert choice_again(parse_mapping("guess", document([made], SHOP)), top) == made
    assert choice_again(load("shopify"), top) is None
    other = seen(tmp_path, "a,b\n1,2\n")
    assert choice_again(parse_mapping("guess", document([made], SHOP)), other) is None


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("orders_2026-11.csv", "orders_*.csv"), ("订单(3).csv", "订单*.csv"), ("orders.csv", "orders.csv")],
)
def test_a_pattern_fits_next_months_file(name: str, pattern: str) -> None:
    assert pattern_of(name) == pattern


def test_what_stands_in_many_rows_is_no_list_of_products(tmp_path: Path) -> None:
    rows = "".join(f"{n % 28 + 1:02d}/06/2026,S{n % 5},1\n" for n in range(40))
    assert guessed(tmp_path, f"When it went,Stock code,How many\n{rows}").table != "products"
    products = "".join(f"S{n},cup\n" for n in range(40))
    assert guessed(tmp_path, f"Stock code,What\n{products}").table == "products"


def test_a_pattern_takes_no_file_of_another_kind() -> None:
    assert pattern_of("export_01.csv", ["export_02.csv"]) == "export_01.csv"


def test_platforms_are_known_by_their_headings() -> None:
    path = Path(__file__).with_name("shopify_orders.csv")
    assert [fit.mapping for fit in fits(sample(path, path.name).headings)] == ["shopify"]


def test_every_heading_of_the_list_is_what_it_is_listed_for() -> None:
    for columns in headings.TABLES.values():
        for column, names in columns.items():
            for name in names:
                assert headings.fitness(name.upper().replace(" ", "_"), names) > 0.8, (column, name)


def test_phones_e_mails_and_member_numbers_are_keys_of_persons(tmp_path: Path) -> None:
    headings_of_shop = "订单编号,下单时间,商品编码,数量,实付金额,会员号,联系手机,Email"
    text = f"{headings_of_shop}\n1,2026-05-01 10:00:00,A,1,9.00,M1,13800138000,a@b.cn\n"
    orders, products = choice(tmp_path, text, "orders.csv"), choice(tmp_path, "sku,name\nA,Tea\n", "products.csv")
    tables = document([orders, products], Shop("Shop", "CNY", "Asia/Shanghai"))["tables"]
    assert tables["order_lines"]["keys"] == {"phone": ["联系手机"], "email": ["Email"], "member": ["会员号"]}
    assert "keys" not in tables["products"]


def test_who_somebody_is_can_be_said_otherwise_and_is_read_back(tmp_path: Path) -> None:
    head = "order id,ordered at,sku,quantity,net amount,phone,note"
    top = seen(tmp_path, f"{head}\n1,2026-05-01 10:00:00,A,1,9.00,13800138000,B2\n")
    made = choice_of(guess(top), top)
    assert made.keys == {"phone": ("phone",)}
    said = replace(made, keys={"member": ("note",)})
    written = document([said], SHOP)
    assert written["tables"]["order_lines"]["keys"] == {"member": ["note"]}
    assert choice_again(parse_mapping("guess", written), top) == said
    other = choice(
        tmp_path, head.replace("phone", "mobile") + "\n2,2026-05-02 10:00:00,A,1,9.00,13800138001,\n", "b.csv"
    )
    assert document([made, other], SHOP)["tables"]["order_lines"]["keys"] == {"phone": ["phone", "mobile"]}
