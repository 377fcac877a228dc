"""What people read for the contract's tables and columns where they match their own to them."""

from collections.abc import Mapping

from shopkeeper.i18n import N_

TABLES: Mapping[str, str] = {
    "order_lines": N_("Order lines: what was sold, one row per item of an order"),
    "products": N_("Products: names, categories, costs"),
    "stock_snapshots": N_("Stock: what lay where at the end of a day"),
}
COLUMNS: Mapping[str, str] = {
    "order_id": N_("Order number"),
    "ordered_at": N_("Time of the order"),
    "sku": N_("Item number (SKU)"),
    "quantity": N_("Quantity"),
    "net_amount": N_("Amount of the line, after discounts, without tax and shipping"),
    "price": N_("Price of one unit"),
    "customer_id": N_("Customer: member name, number or e-mail"),
    "channel": N_("Channel: where it was sold"),
    "ship_to_region": N_("Region that it went to"),
    "category": N_("Category"),
    "product_name": N_("Name of the item"),
    "unit_cost": N_("Cost of one unit"),
    "discount": N_("Discount"),
    "tax": N_("Tax"),
    "shipping": N_("Shipping"),
    "currency": N_("Currency"),
    "status": N_("Status: sold, refunded, cancelled"),
    "original_order_id": N_("Of a refund: the order that it gives back"),
    "name": N_("Name of the item"),
    "pack_size": N_("Units in a pack"),
    "supplier": N_("Supplier"),
    "supplier_lead_days": N_("Days from order to delivery"),
    "day": N_("Day"),
    "location_id": N_("Warehouse or store"),
    "on_hand": N_("Units there"),
    "committed": N_("Of these, promised to open orders"),
}
MEANINGS: Mapping[str, str] = {
    "sale": N_("sale"),
    "refund": N_("refund: gives money back"),
    "cancelled": N_("cancelled: brought nothing"),
    "gift": N_("gift: given away"),
    "staff": N_("own use"),
    "exchange": N_("exchange"),
}
"""What a word of the status may mean."""
PAGES: Mapping[str, str] = {
    "customers": N_("Retention, churn risk, lifetime value"),
    "demand": N_("Demand"),
    "regions": N_("Demand by region"),
    "stock": N_("Coverage, replenishment, network"),
    "margin": N_("Margins"),
}
NEEDS: Mapping[str, str] = {
    "customers": N_("needs to know the customer of an order"),
    "demand": N_("needs order lines"),
    "regions": N_("needs the region that an order went to"),
    "stock": N_("needs stock counts"),
    "margin": N_("needs the cost of a unit"),
}
