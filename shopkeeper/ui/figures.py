"""Figures within sentences and tiles: amounts of the shop's currency, and sums of what is shown."""

import polars as pl

from shopkeeper import i18n
from shopkeeper.ui.opened import opened


def shop_currency() -> str:
    """The shop's, as an ISO 4217 code."""
    return opened().version.shop.currency


def money(amount: i18n.Number | None) -> str:
    """An amount for tight places: `¥1.2M`."""
    return i18n.compact_money(amount, shop_currency())


def money_in_full(amount: i18n.Number | None) -> str:
    """An amount to the cent, where amounts are compared with each other."""
    return i18n.money(amount, shop_currency())


def total(frame: pl.DataFrame, column: str) -> float:
    """The sum of a column; what is not known is not in it."""
    return float(frame[column].sum() or 0)
