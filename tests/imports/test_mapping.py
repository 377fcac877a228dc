"""A mapping says exactly what the contract knows, or is refused with the nearest word that it knows."""

from pathlib import Path
from typing import Any

import pytest

from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.file import available, load, parse_mapping
from tests.imports.conftest import SHOP

COLUMNS = {"order_id": "a", "ordered_at": "b", "sku": "c", "quantity": "d", "net_amount": "e"}


def mapping(**changes: Any) -> dict[str, Any]:
    return {"shop": SHOP, "tables": {"order_lines": {"columns": COLUMNS}}, **changes}


def columns(**changes: Any) -> dict[str, Any]:
    return mapping(tables={"order_lines": {"columns": {**COLUMNS, **changes}}})


def test_the_ready_mappings_load() -> None:
    assert {"online_retail", "plain", "sample", "shopify", "taobao", "woocommerce"} <= set(available())
    currencies = {name: load(name).shop.currency for name in available()}
    assert {name: currency for name, currency in currencies.items() if currency} == {
        "online_retail": "GBP", "sample": "CNY",
    }  # fmt: skip
    assert [name for name in available() if load(name).shop.sample] == ["sample"]


def test_a_mapping_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('identity = true\n[shop]\nname="x"\ncurrency="EUR"\ntimezone="Europe/Berlin"\nas_of=2026-01-31\n')
    assert (load(path).name, str(load(path).as_of)) == ("mine", "2026-01-31")


def test_the_digest_changes_with_the_meaning() -> None:
    assert parse_mapping("m", mapping()).digest() == parse_mapping("m", mapping()).digest()
    assert parse_mapping("m", mapping()).digest() != parse_mapping("m", columns(channel="x")).digest()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (mapping(shpo={}), "unknown key 'shpo'; did you mean 'shop'?"),
        (mapping(shop={**SHOP, "curency": "x"}), "did you mean 'currency'?"),
        (mapping(shop={**SHOP, "timezone": "Asia/Shangai"}), "did you mean 'Asia/Shanghai'?"),
        (mapping(shop={**SHOP, "week_start": "friday"}), "must be monday or sunday"),
        (mapping(shop={**SHOP, "currency": "yuan"}), "ISO 4217"),
        (mapping(tables={"order_line": {}}), "no table 'order_line'; did you mean 'order_lines'?"),
        (mapping(tables={"order_lines": {"columns": {"order_id": "a"}}}), "says nothing of ordered_at"),
        (columns(chanel="x"), "unknown key 'chanel'; did you mean 'channel'?"),
        (columns(channel={"sorce": "x"}), "did you mean 'source'?"),
        (columns(channel={"source": "x", "constant": "y"}), "exactly one of"),
        (columns(channel={"constant": 1}), "must be a text in quotes"),
        (columns(status={"source": "x", "starts_with": {"C": "refund"}}), "needs otherwise"),
        (columns(status={"source": "x", "values": {"C": "refund"}, "otherwise": "sale"}), "is rejected"),
        (columns(net_amount={"product": ["x"]}), "at least two columns"),
        (columns(net_amount={"source": "x", "decimal": "'"}), "decimal is one of '.', ','"),
        (mapping(identity=True), "leave [tables] out"),
    ],
)
def test_what_the_contract_does_not_know_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_mapping("m", given)
    assert sentence in str(refusal.value)


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(Refused, match="did you mean 'shopify'"):
        load("shopfy")
