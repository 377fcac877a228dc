"""The findings and the rows behind them, as tables and files."""

import json
from collections.abc import Mapping

import polars as pl

from shopkeeper.contract.table import Column
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message
from shopkeeper.shop.health.rules import RULES

COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("channel", "VARCHAR", "The channel.", label=N_("Channel")),
        Column("day", "DATE", "The day.", label=N_("Day")),
        Column("orders", "DOUBLE", "Orders.", label=N_("Orders"), format="integer"),
        Column("usual_orders", "DOUBLE", "Orders as a rule.", label=N_("Usual orders"), format="number"),
        Column("amount", "DOUBLE", "What it touches.", label=N_("Touches"), format="money"),
        Column("order_id", "VARCHAR", "The order.", label=N_("Order")),
        Column("equals_order", "VARCHAR", "The order that it equals.", label=N_("Equals order")),
        Column("lines", "BIGINT", "Order lines.", label=N_("Order lines"), format="integer"),
        Column("revenue", "DOUBLE", "Net revenue.", label=N_("Net revenue"), format="money"),
        Column("sold", "DOUBLE", "What the order brought.", label=N_("Sold"), format="money"),
        Column("given_back", "DOUBLE", "What was given back.", label=N_("Given back"), format="money"),
        Column("sku", "VARCHAR", "The item.", label=N_("SKU")),
        Column("name", "VARCHAR", "The item's name.", label=N_("Item")),
        Column("quantity", "BIGINT", "Units.", label=N_("Quantity"), format="integer"),
        Column("net_amount", "DOUBLE", "Net amount.", label=N_("Net amount"), format="money"),
        Column("status", "VARCHAR", "The line's status.", label=N_("State")),
        Column("unit_price", "DOUBLE", "Net price of a unit.", label=N_("Price of one unit"), format="money"),
        Column("usual", "DOUBLE", "The item's usual price or quantity.", label=N_("Usual"), format="number"),
        Column("customer_id", "VARCHAR", "The customer.", label=N_("Customer")),
        Column("share", "DOUBLE", "Share of all orders.", label=N_("Share of orders"), format="percent"),
        Column("value", "VARCHAR", "What is not listed.", label=N_("Value")),
        Column("first_day", "DATE", "First day.", label=N_("First day")),
        Column("last_day", "DATE", "Last day.", label=N_("Last day")),
        Column("location", "VARCHAR", "The location.", label=N_("Location")),
        Column("newest_count", "DATE", "Its newest count.", label=N_("Newest count")),
        Column("last_count", "DATE", "The item's last count.", label=N_("Last count")),
        Column("usual_days", "DOUBLE", "Days between counts.", label=N_("Days between counts"), format="number"),
        Column("age", "BIGINT", "Days since the newest count.", label=N_("Days since"), format="integer"),
        Column("on_hand", "DOUBLE", "Units there.", label=N_("On hand"), format="quantity"),
        Column("delivery_id", "VARCHAR", "The delivery.", label=N_("Delivery")),
        Column("units", "BIGINT", "Units.", label=N_("Units"), format="integer"),
        Column("due_on", "DATE", "When it was due.", label=N_("Due on")),
        Column("days_late", "BIGINT", "Days late.", label=N_("Days late"), format="integer"),
    )
}
"""What people read above the columns of the rows behind a finding."""


def sentence(data: str) -> str:
    """What a finding says, in the language in use."""
    return str(Message.from_data(json.loads(data)))


def rows(version: Version, check: str, frame: pl.DataFrame) -> Download:
    """The rows behind one finding."""
    columns = [COLUMNS[name] for name in frame.columns if name in COLUMNS]
    caption = ((_("Rule"), str(RULES[check].says)),)
    return download(version, f"health-{check}", _(RULES[check].title), frame, columns, caption=caption)
