"""Columns that several customer features share."""

from shopkeeper.contract.table import Column, defined
from shopkeeper.i18n import N_

CUSTOMER_ID = Column("customer_id", "VARCHAR", "The person, as the merchant knows them.", label=N_("Customer"))
FIRST_DAY = Column("first_day", "DATE", "Day of the first-ever purchase.", label=N_("First purchase"))
LAST_DAY = Column("last_day", "DATE", "Day of the last purchase looked at.", label=N_("Last purchase"))
FIRST_CHANNEL = Column("first_channel", "VARCHAR", "Channel of the first purchase.", label=N_("Acquired in channel"))
FIRST_REGION = Column("first_region", "VARCHAR", "Region of the first purchase.", label=N_("Acquired in region"))
FIRST_CATEGORY = Column("first_category", "VARCHAR", "Category of it.", label=N_("Acquired in category"))
FIRST_SKU = Column("first_sku", "VARCHAR", "Item that weighed most in it.", label=N_("First product"))
ACQUIRED = (FIRST_CHANNEL, FIRST_REGION, FIRST_CATEGORY)

CUSTOMERS_COUNT = Column("customers", "BIGINT", "Customers.", label=N_("Customers"), format="integer")
PURCHASES = defined("purchases", "BIGINT")
REVENUE = Column(
    "revenue",
    "DOUBLE",
    "Net revenue of the purchases looked at.",
    unit="shop currency",
    label=N_("Net revenue"),
    format="money",
)
MARGIN = Column(
    "margin",
    "DOUBLE",
    "Net revenue less the cost of the goods; null where no unit cost is known.",
    unit="shop currency",
    label=N_("Margin"),
    format="money",
)
SEGMENT_KIND = Column("segment_kind", "VARCHAR", "What the segment is one of: channel, region, ...", label=N_("Kind"))
SEGMENT = Column("segment", "VARCHAR", "The segment.", label=N_("Segment"))
MODEL_KIND = Column("kind", "VARCHAR", "The buying model.", label=N_("Model"))

HISTORY = (
    defined("frequency", "INTEGER"),
    defined("recency", "INTEGER"),
    defined("T", "INTEGER"),
    defined("monetary_value"),
)
"""A purchase history as the buying models take it (Fader, Hardie and Lee 2005)."""
