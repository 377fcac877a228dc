"""Amounts of an order that its lines share: their sign must be that of the lines, in every mapping that ships too."""

from collections.abc import Callable
from collections.abc import Mapping as SomeMapping
from pathlib import Path

import pytest

from shopkeeper.imports.acceptance import Acceptance, with_shop
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.file import load, parse_mapping
from tests.imports.conftest import SHOP, Checked, check

PLAIN = {"order_id": "id", "ordered_at": "at", "sku": "sku", "quantity": "n", "net_amount": "amount"}
CheckText = Callable[..., Checked]
CHINESE = Acceptance("Test shop", "CNY", "Asia/Shanghai")
AMERICAN = Acceptance("Test shop", "USD", "America/New_York")


def mapped(columns: SomeMapping[str, object]) -> Mapping:
    return parse_mapping("test", {"shop": SHOP, "tables": {"order_lines": {"columns": {**PLAIN, **columns}}}})


def orders_rejected(checked: Checked) -> dict[str, set[tuple[str, str]]]:
    """By order: the columns and rules of its rejected lines."""
    faults: dict[str, set[tuple[str, str]]] = {}
    for each in checked.rejects:
        faults.setdefault(each["key"], set()).add((each["column"], each["rule"]))
    return faults


def test_a_shared_amount_has_the_sign_of_its_lines(check_text: CheckText) -> None:
    lines = [
        "sold,2026-05-01,A,1,20,3,sale",
        "sold,2026-05-01,B,1,10,,sale",
        "sold dearer,2026-05-01,A,1,20,-3,sale",
        "sold dearer,2026-05-01,B,1,10,,sale",
        "back,2026-05-01,A,-1,-20,-3,refund",
        "back dearer,2026-05-01,A,-1,-20,3,refund",
        "nothing off,2026-05-01,A,1,20,0,sale",
        "all free,2026-05-01,A,1,0,3,sale",
    ]
    columns = {"status": "state", "discount": {"share": "off", "by": "amount"}}
    checked = check_text("\n".join(["id,at,sku,n,amount,off,state", *lines, ""]), mapping=mapped(columns))
    fault = {("discount", "signs")}
    assert orders_rejected(checked) == {"sold dearer": fault, "back dearer": fault}
    assert checked.table.rows_rejected == 3


def test_an_order_whose_subtotal_is_above_its_lines_is_rejected_whole(check_text: CheckText) -> None:
    lines = [
        "above,2026-05-01,A,1,20,35",
        "above,2026-05-01,B,1,10,",
        "below,2026-05-01,A,1,20,15",
        *(f"a cent a line,2026-05-01,{sku},1,10,30.03" for sku in "ABC"),
        *(f"more than a cent,2026-05-01,{sku},1,10,30.04" for sku in "ABC"),
    ]
    subtotal = {"share": "subtotal", "by": "amount"}
    columns = {"net_amount": subtotal, "discount": {"difference": ["amount", subtotal]}}
    checked = check_text("\n".join(["id,at,sku,n,amount,subtotal", *lines, ""]), mapping=mapped(columns))
    fault = {("discount", "signs")}
    assert orders_rejected(checked) == {"above": fault, "more than a cent": fault}
    assert checked.table.rows_rejected == 5
    assert "more than its lines come to" in checked.rejects[0]["reason"]
    assert [float(row["discount"]) for row in checked.good if row["order_id"] == "below"] == [5.0]


def rejected(folder: Path, name: str, texts: dict[str, list[str]], said: Acceptance) -> set[str]:
    """The orders that a ready mapping rejects for their signs."""
    given = folder / "given"
    given.mkdir()
    for file, lines in texts.items():
        text = "\n".join([*lines, ""])
        (given / file).write_text(text, encoding="gb18030" if name == "taobao" else "utf-8")
    faults = orders_rejected(check([given], folder / "work", with_shop(load(name), said, None)))
    assert {rule for of_order in faults.values() for _, rule in of_order} == {"signs"}
    return set(faults)


def test_shopify_rejects_amounts_that_contradict_their_lines(tmp_path: Path) -> None:
    lines = [
        (
            "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Created at,Lineitem quantity,Lineitem name,"
            "Lineitem price,Lineitem sku,Lineitem discount,Shipping Province,Shipping Country,Cancelled at,Source,"
            "Refunded Amount"
        )
    ]
    for name, subtotal, shipping, refunded in (
        ("right", "27", "0", "2"),
        ("subtotal", "33", "0", "0"),
        ("shipping", "30", "-5", "0"),
        ("refunded", "30", "0", "-4"),
    ):
        at = "2026-03-01 10:15:20 -0500"
        lines.append(f"{name},,paid,USD,{subtotal},{shipping},0,{at},1,Mug,20,MUG,0,NY,US,,web,{refunded}")
        lines.append(f"{name},,,,,,,{at},1,Cup,10,CUP,0,,,,,")
    assert rejected(tmp_path, "shopify", {"o.csv": lines}, AMERICAN) == {"subtotal", "shipping", "refunded"}


@pytest.mark.deep
def test_woocommerce_rejects_a_discount_below_zero(tmp_path: Path) -> None:
    lines = [
        (
            "Order Number,Order Date,Order Status,SKU,Item Name,Quantity (- Refund),Item Cost,Cart Discount Amount,"
            "Email (Billing),Phone (Billing),State Code (Shipping),Country Code (Shipping)"
        ),
        "dearer,2026-05-01 10:00,Completed,A,Tea,1,20.00,-3.00,,,NY,US",
        "right,2026-05-01 10:00,Completed,A,Tea,1,20.00,3.00,,,NY,US",
    ]
    assert rejected(tmp_path, "woocommerce", {"o.csv": lines}, AMERICAN) == {"dearer"}


@pytest.mark.deep
def test_jd_rejects_amounts_that_contradict_their_lines(tmp_path: Path) -> None:
    lines = [
        "订单号,下单时间,商品ID,货号,商品名称,订购数量,京东价,结算金额,运费金额,订单状态,下单帐号,客户地址,联系电话"
    ]
    for name, settled, freight in (("right", 90, 5), ("settled", -90, 0), ("postage", 5, 10), ("freight", 90, -6)):
        lines.append(f"{name},2026-05-01 10:00:00,A,A,茶,1,100,{settled},{freight},完成,wang,浙江,")
    assert rejected(tmp_path, "jd", {"o.csv": lines}, CHINESE) == {"settled", "postage", "freight"}


@pytest.mark.deep
def test_taobao_rejects_amounts_that_contradict_their_lines(tmp_path: Path) -> None:
    items = ["订单编号,标题,价格,购买数量,外部系统编号,商家编码"]
    orders = [
        "订单编号,买家会员名,买家应付邮费,买家实际支付金额,订单状态,收货地址,订单创建时间,店铺名称,退款金额,联系手机,联系电话"
    ]
    for name, paid, postage, refund in (("right", 100, 10, "20"), ("postage", 5, 10, ""), ("refund", 100, 0, "-20")):
        items.append(f"{name},茶,100,1,A,")
        orders.append(f"{name},wang,{postage},{paid},交易成功,浙江省 杭州市,2026-05-01 10:00:00,店,{refund},,")
    assert rejected(tmp_path, "taobao", {"宝贝.csv": items, "订单.csv": orders}, CHINESE) == {"postage", "refund"}
