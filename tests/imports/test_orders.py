"""Orders over all files of an import: none counts twice, and no two become one in silence."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import import_files
from shopkeeper.imports.mapping import file as mapping_file
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import parse_mapping
from tests.imports.conftest import AN_AMERICAN_SHOP, SHOP, Checked, check, rows_written

NAMES = ("order_id", "ordered_at", "sku", "quantity", "net_amount", "customer_id", "status", "original_order_id")
ORDER_RULES = {"two files", "two buyers", "two accounts", "days apart", "signs", "cancelled order"}
START = datetime(2026, 3, 1, 10)
Line = tuple[str, ...]


def line(order: str = "1", **values: object) -> Line:
    """One line of an order, as a file writes it."""
    usual = {
        "ordered_at": "2026-03-01 10:00:00",
        "sku": "A",
        "quantity": 1,
        "net_amount": "10.00",
        "customer_id": "ann",
    }
    row = {"order_id": order, **usual, "status": "", "original_order_id": "", **values}
    return tuple(str(row[name]) for name in NAMES)


def mapping(**table: object) -> Mapping:
    lines = {"files": "*", "columns": {name: name for name in NAMES}, **table}
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": lines}})


def check_files(folder: Path, files: Sequence[Sequence[Line]], **table: object) -> Checked:
    """Check files called a.csv, b.csv and so on."""
    paths = [folder / f"{'abcdefgh'[number]}.csv" for number in range(len(files))]
    for path, lines in zip(paths, files, strict=True):
        path.write_text("\n".join(map(",".join, (NAMES, *lines))) + "\n", encoding="utf-8")
    return check(paths, folder / "staging", mapping(**table))


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Checked]:
    def run(*files: Sequence[Line], **table: object) -> Checked:
        return check_files(tmp_path, files, **table)

    return run


def rejected(checked: Checked) -> list[tuple[str, int, str]]:
    return sorted((row["file"], row["line"], row["rule"]) for row in checked.rejects)


def test_an_order_in_two_files_is_rejected_in_both_with_their_names(checked: Callable[..., Checked]) -> None:
    result = checked([line("1"), line("2")], [line("2"), line("2"), line("3")])
    assert rejected(result) == [("a.csv", 2, "two files"), ("b.csv", 1, "two files"), ("b.csv", 2, "two files")]
    assert "stands in a.csv and in b.csv (1 orders do)" in result.rejects[0]["reason"]
    assert [row["order_id"] for row in result.good] == ["1", "3"]


def test_equal_lines_of_one_order_in_one_file_are_two_lines(checked: Callable[..., Checked]) -> None:
    assert len(checked([line("1"), line("1")]).good) == 2


def test_an_order_that_is_the_same_in_all_files_can_be_kept_once(checked: Callable[..., Checked]) -> None:
    first = [line("1"), line("2"), line("2"), line("2", sku="B")]
    second = [line("2", sku="B"), line("2"), line("2"), line("3")]
    result = checked(first, second, [*second[:3], line("4")], overlap="keep_one")
    assert Counter(row["order_id"] for row in result.good) == {"1": 1, "2": 3, "3": 1, "4": 1}
    assert not result.rejects
    assert (result.table.rows_in, result.table.net_amount_in) == (6, Decimal(60))
    assert [rows for _, rows in result.table.inputs] == [4, 4, 4]
    (warning,) = map(str, result.table.warnings)
    assert "1 orders stand in more than one file with the same lines; they were taken once, and 6 rows" in warning


@pytest.mark.parametrize(
    "second",
    [
        [line("1")],
        [line("1")] * 3,
        [line("1"), line("1", net_amount="10.01")],
        [line("1"), line("1", quantity="1.2345")],
    ],
    ids=["fewer", "more", "another amount", "an unreadable quantity"],
)
def test_an_order_that_differs_between_files_is_never_kept(
    second: Sequence[Line], checked: Callable[..., Checked]
) -> None:
    result = checked([line("1"), line("1"), line("9")], second, overlap="keep_one")
    assert [row["order_id"] for row in result.good] == ["9"]
    assert "with different lines" in result.rejects[0]["reason"]


def test_texts_that_cannot_be_read_may_differ(checked: Callable[..., Checked]) -> None:
    result = checked([line("1", quantity="1.2345"), line("2")], [line("1", quantity="2.3456")], overlap="keep_one")
    assert len(result.table.rejects) == 2
    assert result.table.rows_in == 3


ORDERS = [
    ("two buyers", [line(), line(customer_id="bob")]),
    ("", [line(), line(customer_id="")]),
    ("days apart", [line(), line(ordered_at="2026-03-02 10:00:01")]),
    ("", [line(), line(ordered_at="2026-03-02 10:00:00")]),
    ("", [line(), line(ordered_at="2026-03-09", status="refund", quantity=-1, net_amount=-10)]),
    ("", [line(status="exchange"), line(ordered_at="2026-03-09", status="exchange", net_amount=-1)]),
    ("signs", [line(status="refund", quantity=-1)]),
    ("signs", [line(), line(status="refund", net_amount=-1)]),
    ("signs", [line(), line(net_amount=-1)]),
    ("signs", [line(quantity=-1, status="sale")]),
    ("", [line(quantity=0, net_amount=-5), line(quantity=-1, net_amount=0), line(quantity=-1, net_amount=-1)]),
    ("cancelled order", [line(status="cancelled"), line(status="refund", quantity=-1, net_amount=-1)]),
    ("", [line(status="cancelled"), line(), line(status="refund", quantity=-1, net_amount=-1)]),
]


@pytest.mark.parametrize(("rule", "lines"), ORDERS)
def test_what_an_order_breaks_keeps_out_all_of_its_lines(
    rule: str, lines: Sequence[Line], checked: Callable[..., Checked]
) -> None:
    result = checked([*lines, line("other")])
    expected = [("a.csv", number, rule) for number in range(1, len(lines) + 1)] if rule else []
    assert rejected(result) == expected


@pytest.mark.parametrize(("rule", "lines"), ORDERS)
def test_an_order_breaks_the_same_beside_rows_that_are_mended_or_broken_by_themselves(
    rule: str, lines: Sequence[Line], checked: Callable[..., Checked]
) -> None:
    mended, broken = line(" other "), line("third", quantity="x")
    result = checked([*lines, mended, broken])
    expected = [("a.csv", number, rule) for number in range(1, len(lines) + 1)] if rule else []
    assert rejected(result) == sorted([*expected, ("a.csv", len(lines) + 2, "quantity")])
    assert [row["order_id"] for row in result.good][-1] == "other"
    assert "1 rows have a order_id that was mended" in " ".join(map(str, result.table.warnings))


def test_a_line_that_is_broken_by_itself_still_speaks_of_its_order(checked: Callable[..., Checked]) -> None:
    result = checked([line(quantity="x"), line(customer_id="bob"), line("2")])
    assert rejected(result) == [("a.csv", 1, "quantity"), ("a.csv", 1, "two buyers"), ("a.csv", 2, "two buyers")]


@pytest.mark.parametrize(("origins", "faults"), [("11", 0), ("12", 2), ("21", 2), ("22", 2)])
def test_a_refund_of_several_orders_is_held_against_each_of_them(
    origins: str, faults: int, checked: Callable[..., Checked]
) -> None:
    lines = [line("1"), line("2", status="cancelled")]
    back = [line("9", original_order_id=each, status="refund", quantity=-1, net_amount=-1) for each in origins]
    expected = [("a.csv", 3, "cancelled order"), ("a.csv", 4, "cancelled order")]
    assert rejected(checked([*lines, *back])) == expected[:faults]


def test_lines_may_carry_their_own_dates(checked: Callable[..., Checked]) -> None:
    assert not checked([line(), line(ordered_at="2026-03-09")], lines_carry_dates=True).rejects


def test_a_day_that_cannot_be_true_says_nothing_of_the_other_lines(checked: Callable[..., Checked]) -> None:
    assert rejected(checked([line(), line(ordered_at="2031-01-01")])) == [("a.csv", 2, "too late")]


def test_a_refund_of_a_cancelled_order_gives_nothing_back(checked: Callable[..., Checked]) -> None:
    refund = line("R1", status="refund", quantity=-1, net_amount=-10, original_order_id="1")
    assert rejected(checked([line(status="cancelled"), line("2")], [refund])) == [("b.csv", 1, "cancelled order")]


REFUND = {"status": "refund", "quantity": -1, "net_amount": -10}


def test_a_file_of_refunds_may_use_the_numbers_of_the_orders(checked: Callable[..., Checked]) -> None:
    result = checked([line("1"), line("2")], [line("1", **REFUND)])
    assert not result.rejects
    assert sum(row["net_amount"] for row in result.good) == 10


def test_refunds_of_an_order_in_two_files_count_in_neither(checked: Callable[..., Checked]) -> None:
    result = checked([line("1"), line("1", **REFUND), line("2")], [line("1", **REFUND)])
    assert rejected(result) == [("a.csv", 1, "two files"), ("a.csv", 2, "two files"), ("b.csv", 1, "two files")]


def test_sold_lines_are_kept_once_though_only_one_file_has_their_refund(checked: Callable[..., Checked]) -> None:
    result = checked([line("1"), line("1", **REFUND)], [line("1"), line("2")], overlap="keep_one")
    assert [(row["order_id"], row["quantity"]) for row in result.good] == [("1", 1), ("1", -1), ("2", 1)]


def test_refunds_are_appended_to_an_order_that_is_there(tmp_path: Path) -> None:
    lake, own = tmp_path / "lake", mapping()
    files = {"a": [line("1"), line("2")], "b": [line("1", **REFUND)], "c": [line("1", **REFUND), line("3")]}
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(map(",".join, (NAMES, *lines))) + "\n")
    assert import_files([tmp_path / "a.csv"], own, lake).net_amount_published == 20
    assert import_files([tmp_path / "b.csv"], own, lake, append=True).net_amount_published == -10
    again = import_files([tmp_path / "c.csv"], own, lake, append=True, said=Acceptance(rejects=True))
    assert [(each.rule, each.rows) for each in again.broken_rules] == [("already there", 1)]


VOUCHER = {"sku": "VOUCHER", "net_amount": "-1.00"}


def test_a_discount_line_is_shared_out_over_the_goods_to_the_cent(checked: Callable[..., Checked]) -> None:
    goods = [line("1", sku="A", net_amount="20.00"), line("1", sku="B", net_amount="10.00")]
    result = checked([*goods, line("1", **VOUCHER), line("2")], discount_lines="spread")
    assert [(row["sku"], row["net_amount"], row["discount"]) for row in result.good] == [
        ("A", Decimal("19.33"), Decimal("0.67")),
        ("B", Decimal("9.67"), Decimal("0.33")),
        ("A", Decimal("10.00"), None),
    ]
    assert (result.table.rows_in, result.table.net_amount_in) == (3, Decimal("39.00"))
    assert "1 discount lines were shared out" in str(result.table.warnings[0])


def test_a_discount_line_may_be_kept_without_units(checked: Callable[..., Checked]) -> None:
    result = checked([line("1"), line("1", **VOUCHER)], discount_lines="keep")
    assert [(row["sku"], row["quantity"], row["net_amount"]) for row in result.good] == [
        ("A", 1, 10),
        ("VOUCHER", 0, -1),
    ]


@pytest.mark.parametrize(
    ("option", "sentence"), [("", "say discount_lines"), ("spread", "take off more than its goods")]
)
def test_a_discount_that_nothing_bears_keeps_its_order_out(
    option: str, sentence: str, checked: Callable[..., Checked]
) -> None:
    table = {"discount_lines": option} if option else {}
    result = checked([line("1"), line("1", sku="V", net_amount="-10.01"), line("2")], **table)
    assert rejected(result) == [("a.csv", 1, "signs"), ("a.csv", 2, "signs")]
    assert sentence in result.rejects[0]["reason"]


ORDERS_WITH_DISCOUNTS = st.lists(
    st.tuples(st.sampled_from("123"), st.integers(-300, 900), st.sampled_from(["", "", "refund"])),
    min_size=1,
    max_size=9,
)


@settings(max_examples=10)
@given(ORDERS_WITH_DISCOUNTS)
def test_what_discounts_take_off_is_neither_lost_nor_taken_twice(orders: list[tuple[str, int, str]]) -> None:
    lines = [line(order, net_amount=Decimal(cents) / 100, status=status) for order, cents, status in orders]
    with tempfile.TemporaryDirectory() as folder:
        result = check_files(Path(folder), [[*lines, line("own")]], discount_lines="spread")
    assert result.table.net_amount_in == sum((Decimal(each[4]) for each in lines), Decimal(10))
    by_order = {order: [(c, s) for o, c, s in orders if o == order] for order, _, _ in orders}
    good = {
        order: sum(c for c, _ in of_order)
        for order, of_order in by_order.items()
        if not any(s == "refund" for _, s in of_order)
        and sum(c for c, _ in of_order) >= 0
        and (any(c > 0 for c, _ in of_order) or all(c == 0 for c, _ in of_order))
    }
    sums: dict[str, Decimal] = {}
    for row in result.good:
        assert row["net_amount"] >= 0
        sums[row["order_id"]] = sums.get(row["order_id"], Decimal(0)) + row["net_amount"]
    assert sums == {"own": Decimal(10), **{order: Decimal(cents) / 100 for order, cents in good.items()}}


def test_refunds_written_above_0_are_turned_where_the_mapping_says_so(checked: Callable[..., Checked]) -> None:
    refunds = [line("R1", status="refund", quantity=2), line("R2", status="refund", quantity=-2, net_amount=-10)]
    result = checked([line(), *refunds], negate_refunds=True)
    assert not result.rejects
    assert [(row["quantity"], row["net_amount"]) for row in result.good] == [(1, 10), (-2, -10), (-2, -10)]
    assert result.table.net_amount_in == -10
    assert any("1 refund lines had a quantity" in str(warning) for warning in result.table.warnings)


@pytest.mark.parametrize("column", ["order_id", "customer_id", "sku"])
@pytest.mark.parametrize("value", ["6.9E+17", '"6,9E+17"', "6.9e+17", "1E+05"])
def test_a_number_in_short_form_has_lost_its_digits(column: str, value: str, checked: Callable[..., Checked]) -> None:
    lines = [line(**{"order": "1", column: value}), line("9")] if column != "order_id" else [line(value), line("9")]
    result = checked(lines)
    assert [(row["line"], row["column"], row["rule"]) for row in result.rejects] == [(1, column, "lost digits")]
    assert "again as text" in result.rejects[0]["reason"]


@pytest.mark.parametrize("value", ["5E10", "12E3", "A.1+2", "1.5", "E+10"])
def test_a_name_with_an_e_is_a_name(value: str, checked: Callable[..., Checked]) -> None:
    assert not checked([line(sku=value)]).rejects


def warnings(checked: Checked) -> str:
    return "\n".join(map(str, checked.table.warnings))


def test_customers_that_stand_for_nobody_are_said_with_their_orders(checked: Callable[..., Checked]) -> None:
    names = ["张**", "张**", "NULL", "游客", "ann"]
    said = warnings(checked([line(str(number), customer_id=name) for number, name in enumerate(names)]))
    assert "3 values that stand for nobody or are masked, in 4 orders: '张**' (2 orders), 'NULL' (1 orders)" in said
    assert "placeholders = 'keep'" in said


@pytest.mark.parametrize(("orders", "is_said"), [(200, True), (30, False)])
def test_a_customer_larger_than_any_other_is_said(orders: int, is_said: bool, checked: Callable[..., Checked]) -> None:
    buyers = ["till"] * orders + [f"c{number % 500}" for number in range(1500)]
    said = warnings(checked([line(str(number), customer_id=name) for number, name in enumerate(buyers)]))
    assert ("customer_id 'till' has 200 of 1,700 orders" in said) == is_said


@pytest.mark.parametrize("column", ["customer_id", "account_id"])
def test_nobody_is_nobody_in_whatever_width_and_guard(column: str, checked: Callable[..., Checked]) -> None:
    nobody = [
        "ＮＵＬＬ",
        "ｇｕｅｓｔ",
        "N\u200bULL",
        '="guest"',
        "\xa0walk\xa0in",
        "—",
        "0.0",
        "N/A",
        "#N/A",
        "无",
        "李＊＊",
    ]
    somebody = ["Guestin", "A-0", "无忧", "－１２"]
    lines = [line(str(number), customer_id=name) for number, name in enumerate(nobody + somebody)]
    others = {name: name for name in NAMES if name != "customer_id"}
    result = checked(lines, columns={**others, column: "customer_id"})
    names = {int(row["order_id"]): row[column] for row in result.good}
    assert [names[number] for number in range(len(names))] == [None] * len(nobody) + ["Guestin", "A-0", "无忧", "-12"]
    assert f"{column} has 11 values that stand for nobody or are masked, in 11 orders" in warnings(result)


def test_a_whole_number_with_point_zero_is_the_same_key_in_every_file(checked: Callable[..., Checked]) -> None:
    """As pandas writes a column of numbers where some cells are empty: there 4471 becomes 4471.0."""
    sold = [line(f"{number}", customer_id="4471", sku="00123") for number in (1, 2)]
    floats = [line("3.0", customer_id="4471.0"), line("4.00", customer_id="９.０", sku="A.0")]
    back = line("R1", status="refund", quantity=-1, net_amount=-5, original_order_id="1.0")
    result = checked(sold, [*floats, back])
    keys = ("order_id", "customer_id", "sku", "original_order_id")
    assert [tuple(row[name] for name in keys) for row in result.good][2:] == [
        ("3", "4471", "A", None),
        ("4", "9", "A.0", None),
        ("R1", "ann", "A", "1"),
    ]
    said = warnings(result)
    assert "1 values of customer_id are there in two ways, such as '4471' and '4471.0', and count as one." in said
    for rows, column in ((2, "order_id"), (2, "customer_id"), (1, "original_order_id")):
        assert f"{rows} rows have a {column} that was mended" in said
    assert "a sku that was mended" not in said


def test_one_order_with_and_without_point_zero_in_two_files_counts_once(checked: Callable[..., Checked]) -> None:
    result = checked([line("7")], [line("7.0")])
    assert [row["rule"] for row in result.rejects] == ["two files", "two files"]


def test_one_key_written_in_two_ways_is_said(checked: Callable[..., Checked]) -> None:
    people = ["a@x.test", "A@x.test", "b@x.test", "17850", "17850.0", "9.0"]
    result = checked([line(str(number), customer_id=name) for number, name in enumerate(people)])
    said = warnings(result)
    assert "3 rows name the buyer by an e-mail or a phone" in said
    assert "1 values of customer_id are there in two ways, such as '17850' and '17850.0'" in said
    assert len({row["customer_id"] for row in result.good}) == 4
    assert "sku" not in said


def broken_by_hand(files: Sequence[Sequence[Line]]) -> set[str]:
    """Orders that break a rule, line by line and without DuckDB."""
    orders: dict[str, list[dict[str, Any]]] = {}
    for number, lines in enumerate(files):
        for values in lines:
            row: dict[str, Any] = {**dict(zip(NAMES, values, strict=True)), "file": number}
            orders.setdefault(row["order_id"], []).append(row)
    kinds = {order: {row["status"] or "sale" for row in rows} for order, rows in orders.items()}
    cancelled = {order for order, of_order in kinds.items() if "cancelled" in of_order and "sale" not in of_order}
    broken = set()
    for order, rows in orders.items():
        days = [datetime.fromisoformat(row["ordered_at"]) for row in rows if row["status"] in ("", "sale")]
        if (
            any(len({row["file"] for row in rows if back is (row["status"] == "refund")}) > 1 for back in (True, False))
            or len({row["customer_id"] for row in rows} - {""}) > 1
            or (days and max(days) - min(days) > timedelta(days=1))
            or any(wrong_by_hand(row, cancelled) for row in rows)
        ):
            broken.add(order)
    return broken


def wrong_by_hand(row: dict[str, Any], cancelled: set[str]) -> bool:
    quantity, amount = int(row["quantity"]), Decimal(row["net_amount"])
    if row["status"] == "refund":
        return quantity > 0 or amount > 0 or (row["original_order_id"] or row["order_id"]) in cancelled
    return row["status"] in ("", "sale") and quantity * amount < 0


LINES = st.builds(
    line,
    st.sampled_from([str(number) for number in range(12)]),
    ordered_at=st.sampled_from([0, 0, 0, 24, 25, 90]).map(lambda hours: str(START + timedelta(hours=hours))),
    sku=st.sampled_from("AB"),
    quantity=st.sampled_from([1, 1, 1, 2, 0, -1]),
    net_amount=st.sampled_from(["10.00", "10.00", "0", "-10.00"]),
    customer_id=st.sampled_from(["", "ann", "ann", "ann", "bob"]),
    status=st.sampled_from(["", "", "", "sale", "refund", "cancelled", "gift", "transfer"]),
    original_order_id=st.sampled_from(["", "", "1", "2"]),
)
SHOPS = st.lists(st.lists(LINES, min_size=1, max_size=8), min_size=1, max_size=3)


def taken_once(files: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The files without the orders that an earlier one has with the same lines, where no file differs.

    What was sold and what was given back are looked at apart.
    """
    left = [list(lines) for lines in files]
    for order in {each[0] for lines in files for each in lines}:
        of_kind = [
            {
                number: sorted(each for each in lines if each[0] == order and (each[6] == "refund") is back)
                for number, lines in enumerate(files)
            }
            for back in (True, False)
        ]
        holders = [{number: lines for number, lines in kind.items() if lines} for kind in of_kind]
        if any(len({tuple(lines) for lines in kind.values()}) > 1 for kind in holders):
            continue
        for back, kind in zip((True, False), holders, strict=True):
            for number in list(kind)[1:]:
                left[number] = [each for each in left[number] if each[0] != order or (each[6] == "refund") is not back]
    return left


@settings(max_examples=settings().max_examples // 6)
@given(SHOPS, st.integers(0, 3), st.sampled_from(["reject", "keep_one"]), st.booleans())
def test_every_row_of_any_shop_is_published_once_or_listed(
    files: list[list[Line]], planted: int, overlap: str, once: bool
) -> None:
    files = [[*lines, line(f"own {number}", sku=str(number))] for number, lines in enumerate(files)]
    files[-1] += [each for each in files[0] if each[0] in {row[0] for row in files[0][:planted]}]
    with tempfile.TemporaryDirectory() as folder, rows_written(once=once):
        result = check_files(Path(folder), files, overlap=overlap)
    counted = taken_once(files) if overlap == "keep_one" else files
    broken = broken_by_hand(counted)
    good = [each[0] for lines in counted for each in lines if each[0] not in broken]
    assert sorted(row["order_id"] for row in result.good) == sorted(good)
    assert result.table.rows_in == sum(map(len, counted)) == len(result.good) + result.table.rows_rejected
    assert {row["rule"] for row in result.rejects} <= ORDER_RULES


@pytest.mark.parametrize("overlap", ["reject", "keep_one"])
def test_overlapping_exports_never_sum_to_60_in_silence(real_data: Path, tmp_path: Path, overlap: str) -> None:
    case = real_data / "cases" / "overlapping_exports"
    text = (case / "mapping.toml").read_text().replace('files = "orders*"', f'files = "orders*"\noverlap = "{overlap}"')
    (tmp_path / "mapping.toml").write_text(text)
    loaded = mapping_file.load(str(tmp_path / "mapping.toml"))
    outcome = import_files(sorted(case.glob("*.csv")), loaded, tmp_path / "lake")
    assert outcome.net_amount_published == (20 if overlap == "reject" else 40)


@pytest.mark.parametrize(
    ("case", "rule"), [("ids_scientific", "lost digits"), ("shopify_same_name_two_orders", "two buyers")]
)
def test_orders_that_became_one_in_the_file_are_refused(real_data: Path, tmp_path: Path, case: str, rule: str) -> None:
    folder = real_data / "cases" / case
    own = folder / "mapping.toml"
    loaded = mapping_file.load(str(own) if own.exists() else "shopify")
    with pytest.raises(Refused, match=f"rule '{rule}'"):
        import_files([folder / "orders.csv"], loaded, tmp_path / "lake", said=AN_AMERICAN_SHOP)
