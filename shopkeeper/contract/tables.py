"""The data contract: each table that a merchant may bring, declared once.

Everything that touches incoming data (mapping, checks, the data dictionary, the sample shop) reads these declarations.
"""

from shopkeeper.contract.table import MONEY, QUANTITY, Column, Table
from shopkeeper.i18n import N_
from shopkeeper.models.identity.keys import KINDS

STATUSES = ("sale", "refund", "cancelled", "staff", "gift", "exchange", "sell_in", "transfer")
LOCATION_KINDS = ("warehouse", "store", "dealer")
PURPOSES = ("win", "keep")

ORDER_LINES = Table(
    "order_lines",
    "one row per line of an order or of a refund",
    N_("Everything the shop sold, and gave back."),
    (
        Column(
            "order_id", "VARCHAR", "The shop's number of the order; a refund may carry its own number.", required=True
        ),
        Column(
            "ordered_at", "TIMESTAMP", "When it was ordered (or refunded), in the merchant's timezone.", required=True
        ),
        Column("sku", "VARCHAR", "The item sold.", required=True, references="products"),
        Column(
            "quantity",
            QUANTITY,
            "Units sold, in the item's unit of measure (2.5 kg); negative where units came back.",
            required=True,
            unit="units",
        ),
        Column(
            "net_amount",
            MONEY,
            "What the line brought: after discounts, without tax and shipping; negative for a refund.",
            required=True,
            unit="shop currency",
        ),
        Column("customer_id", "VARCHAR", "Who bought; empty where the buyer is not known.", references="customers"),
        Column("account_id", "VARCHAR", "The channel account that ordered; one person may have several."),
        Column("channel", "VARCHAR", "Where it was sold: marketplace, web shop, app, store, dealer."),
        Column("device", "VARCHAR", "What the buyer ordered with: phone, desktop, till."),
        Column("ship_to_region", "VARCHAR", "The region the goods went to.", references="regions"),
        Column("ship_from_location", "VARCHAR", "The warehouse, store or dealer that shipped.", references="locations"),
        Column("category", "VARCHAR", "The item's category, where no products table says it."),
        Column("product_name", "VARCHAR", "The item's name, where no products table says it."),
        Column("unit_cost", MONEY, "What one unit cost the merchant.", unit="shop currency per unit", minimum=0),
        Column("discount", MONEY, "Taken off the line's price.", unit="shop currency"),
        Column("tax", MONEY, "Tax charged on top of net_amount.", unit="shop currency"),
        Column("shipping", MONEY, "Shipping charged on top of net_amount.", unit="shop currency"),
        Column("currency", "VARCHAR", "ISO 4217 code; must be the shop's own currency."),
        Column(
            "status",
            "VARCHAR",
            "What kind of line it is; empty means sale. Goods sold in to a dealer (sell_in) or moved (transfer) are "
            "no sales; a dealer's location_id as buyer says whose they are.",
            allowed=STATUSES,
        ),
        Column("original_order_id", "VARCHAR", "For a refund: the order it gives back."),
    ),
)

CUSTOMERS = Table(
    "customers",
    "one row per customer",
    N_("What the merchant knows of a person beside the orders."),
    (
        Column("customer_id", "VARCHAR", "The person: a customer's number, or one of its accounts.", required=True),
        Column("joined_on", "DATE", "When the person became a member."),
        Column("region", "VARCHAR", "Where the person lives.", references="regions"),
        Column("member_level", "VARCHAR", "The shop's own member level."),
        Column("contactable", "BOOLEAN", "Whether the person agreed to be contacted."),
    ),
    key=("customer_id",),
)

IDENTITIES = Table(
    "identities",
    "one row per account and key",
    N_("What links channel accounts to one person: phone, e-mail, member number, each as a pseudonym."),
    (
        Column("account_id", "VARCHAR", "The channel account.", required=True),
        Column("key_kind", "VARCHAR", "What kind of key links it.", required=True, allowed=KINDS[1:]),
        Column("key_hash", "VARCHAR", "The key, as a pseudonym or hashed.", required=True),
        Column("channel", "VARCHAR", "The channel of the account."),
    ),
    key=("account_id", "key_kind", "key_hash"),
)

CONTACT_HASHES = Table(
    "contact_hashes",
    "one row per account and form",
    N_("What ad platforms ask for, hashed as they ask for it; only exports read it."),
    (
        Column("account_id", "VARCHAR", "The channel account.", required=True),
        Column(
            "form",
            "VARCHAR",
            "Phone with + and country code, or without +; e-mail with Gmail's dots and suffix off, or as written.",
            required=True,
            allowed=("phone_plus", "phone_plain", "email_box", "email_plain"),
        ),
        Column("hash", "VARCHAR", "SHA-256, without a key.", required=True),
    ),
    key=("account_id", "form", "hash"),
)

PRODUCTS = Table(
    "products",
    "one row per SKU",
    N_("What the shop sells."),
    (
        Column("sku", "VARCHAR", "The item.", required=True),
        Column("name", "VARCHAR", "Its name."),
        Column("category", "VARCHAR", "Its category."),
        Column("unit", "VARCHAR", "What one unit of it is: piece, kg, m, l; empty means piece."),
        Column("price", MONEY, "List price.", unit="shop currency per unit", minimum=0),
        Column("unit_cost", MONEY, "What one unit costs the merchant.", unit="shop currency per unit", minimum=0),
        Column("pack_size", QUANTITY, "Units in a pack; orders are rounded to it.", unit="units", minimum=0.001),
        Column("minimum_order", QUANTITY, "The least that the supplier delivers.", unit="units", minimum=0),
        Column("supplier", "VARCHAR", "Who delivers it."),
        Column("supplier_lead_days", "DOUBLE", "Mean days from order to arrival.", unit="days", minimum=0),
        Column("supplier_lead_sd", "DOUBLE", "Standard deviation of those days.", unit="days", minimum=0),
        Column("launched_on", "DATE", "First day on sale."),
        Column("delisted_on", "DATE", "Last day on sale."),
        Column("parent_sku", "VARCHAR", "What it is a variant of; the parent need not be sold itself."),
        Column("size", "VARCHAR", "The variant's size: S, 500 g, gift box."),
        Column("colour", "VARCHAR", "The variant's colour."),
    ),
    key=("sku",),
)

REGIONS = Table(
    "regions",
    "one row per region",
    N_("Where buyers are; grid positions draw the tile map."),
    (
        Column("region", "VARCHAR", "The region, as order lines name it.", required=True),
        Column("parent", "VARCHAR", "The larger area it belongs to."),
        Column("tile_row", "BIGINT", "Row on the tile map, from the north.", minimum=0),
        Column("tile_column", "BIGINT", "Column on the tile map, from the west.", minimum=0),
    ),
    key=("region",),
)

LOCATIONS = Table(
    "locations",
    "one row per warehouse, store or dealer",
    N_("Where goods lie, and from where they can be shipped."),
    (
        Column("location_id", "VARCHAR", "The location.", required=True),
        Column("name", "VARCHAR", "Its name."),
        Column("kind", "VARCHAR", "What it is.", required=True, allowed=LOCATION_KINDS),
        Column("region", "VARCHAR", "Where it stands.", references="regions"),
        Column("ships", "BOOLEAN", "Whether it ships to buyers."),
        Column("capacity_units", QUANTITY, "How much it holds.", unit="units", minimum=0),
        Column("opening_cost", MONEY, "What it cost to open, once.", unit="shop currency", minimum=0),
        Column("running_cost", MONEY, "What it costs to run.", unit="shop currency per month", minimum=0),
    ),
    key=("location_id",),
)

STOCK_SNAPSHOTS = Table(
    "stock_snapshots",
    "one row per day, location and SKU",
    N_("What lay where at the end of a day. A state: never summed over days."),
    (
        Column("day", "DATE", "The day.", required=True),
        Column("location_id", "VARCHAR", "Where.", required=True, references="locations"),
        Column("sku", "VARCHAR", "What.", required=True, references="products"),
        Column("on_hand", QUANTITY, "Units there; negative is reported on the page.", required=True, unit="units"),
        Column("committed", QUANTITY, "Of these, promised to open orders.", unit="units", minimum=0),
    ),
    key=("day", "location_id", "sku"),
)

INBOUND = Table(
    "inbound",
    "one row per delivery line on its way",
    N_("What was ordered from suppliers, or moved, and when it lands."),
    (
        Column("inbound_id", "VARCHAR", "The delivery line.", required=True),
        Column("sku", "VARCHAR", "What.", required=True, references="products"),
        Column("location_id", "VARCHAR", "Where it lands.", required=True, references="locations"),
        Column("quantity", QUANTITY, "Units.", required=True, unit="units", minimum=0),
        Column("due_on", "DATE", "When it should land.", required=True),
        Column("ordered_on", "DATE", "When it was ordered."),
        Column("received_on", "DATE", "When it landed; empty while on its way."),
        Column("from_location", "VARCHAR", "Where it comes from, if it is a move.", references="locations"),
        Column("ordered_quantity", QUANTITY, "Units ordered, where fewer came than that.", unit="units", minimum=0),
    ),
    key=("inbound_id",),
)

LANES = Table(
    "lanes",
    "one row per way between two locations, or from a location to a region",
    N_("How long a way takes and what it costs."),
    (
        Column("from_location", "VARCHAR", "Start.", required=True, references="locations"),
        Column("to_location", "VARCHAR", "End, for a move between locations.", references="locations"),
        Column("to_region", "VARCHAR", "End, for shipping to buyers.", references="regions"),
        Column("lead_days", "DOUBLE", "Mean days door to door.", required=True, unit="days", minimum=0),
        Column("lead_sd", "DOUBLE", "Standard deviation of those days.", unit="days", minimum=0),
        Column("cost_per_unit", MONEY, "Cost of one unit.", unit="shop currency per unit", minimum=0),
        Column("minimum_units", QUANTITY, "The least that is moved at once.", unit="units", minimum=0),
    ),
    key=("from_location", "to_location", "to_region"),
)

EVENTS = Table(
    "events",
    "one row per event and year",
    N_("Peaks and holidays: 11.11, 618, Spring Festival, the merchant's own."),
    (
        Column("event_id", "VARCHAR", "The event in its year.", required=True),
        Column("name", "VARCHAR", "Its name, the same every year.", required=True),
        Column("starts_on", "DATE", "First day.", required=True),
        Column("ends_on", "DATE", "Last day.", required=True),
    ),
    key=("event_id",),
)

CONTACTS = Table(
    "contacts",
    "one row per campaign and customer",
    N_("Who was contacted, and who was held out on purpose."),
    (
        Column("campaign_id", "VARCHAR", "The campaign.", required=True),
        Column("customer_id", "VARCHAR", "The person.", required=True, references="customers"),
        Column("sent_on", "DATE", "When it was sent, or would have been.", required=True),
        Column("arm", "VARCHAR", "Treated, or held out.", required=True, allowed=("treated", "held_out")),
        Column("channel", "VARCHAR", "How the person was reached."),
    ),
    key=("campaign_id", "customer_id"),
)

MARKETING_SPEND = Table(
    "marketing_spend",
    "one row per day, channel and campaign",
    N_("What was spent to win and keep customers."),
    (
        Column("day", "DATE", "The day.", required=True),
        Column("channel", "VARCHAR", "The channel.", required=True),
        Column("amount", MONEY, "Money spent.", required=True, unit="shop currency", minimum=0),
        Column("campaign_id", "VARCHAR", "The campaign, if any."),
        Column(
            "purpose", "VARCHAR", "To win new customers, or to keep those there are; empty means win.", allowed=PURPOSES
        ),
        Column("region", "VARCHAR", "The region it was spent in; empty means everywhere.", references="regions"),
    ),
)

DEPOSITS = Table(
    "deposits",
    "one row per pre-sale deposit",
    N_("What buyers paid down before an event to have an item on its main day."),
    (
        Column("deposit_id", "VARCHAR", "The deposit.", required=True),
        Column("event_id", "VARCHAR", "The event that it is for.", required=True, references="events"),
        Column("day", "DATE", "When it was paid.", required=True),
        Column("sku", "VARCHAR", "The item.", required=True, references="products"),
        Column("quantity", QUANTITY, "Units to be had for it.", required=True, unit="units", minimum=0),
        Column("amount", MONEY, "What was paid down.", required=True, unit="shop currency", minimum=0),
        Column("region", "VARCHAR", "The region the goods will go to.", references="regions"),
        Column("channel", "VARCHAR", "Where it was paid."),
        Column("customer_id", "VARCHAR", "Who paid; empty where not known.", references="customers"),
        Column("account_id", "VARCHAR", "The channel account that paid."),
        Column("balance_paid", "BOOLEAN", "Whether the rest was paid in the event; empty before its end."),
    ),
    key=("deposit_id",),
)

TABLES: tuple[Table, ...] = (
    ORDER_LINES,
    CUSTOMERS,
    IDENTITIES,
    CONTACT_HASHES,
    PRODUCTS,
    REGIONS,
    LOCATIONS,
    STOCK_SNAPSHOTS,
    INBOUND,
    LANES,
    EVENTS,
    CONTACTS,
    MARKETING_SPEND,
    DEPOSITS,
)
REQUIRED_TABLES = (ORDER_LINES.name,)


def table(name: str) -> Table:
    """Raise `KeyError` where the contract has no such table."""
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise KeyError(f"the contract has no table {name}")
