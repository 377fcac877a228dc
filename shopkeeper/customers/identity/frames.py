"""The frames of the Identity page."""

from shopkeeper.contract.table import Column, Table
from shopkeeper.i18n import N_

_CHANNEL = Column("channel", "VARCHAR", "The channel.", label=N_("Channel"))
_ORDERS = Column("orders", "BIGINT", "Orders.", label=N_("Orders"), format="integer")
_REVENUE = Column("revenue", "DOUBLE", "Net revenue.", unit="shop currency", label=N_("Net revenue"), format="money")
_KIND = Column("key_kind", "VARCHAR", "The kind of key.", label=N_("Key"))
_PERSON = Column("person_id", "VARCHAR", "The person.", label=N_("Person"))
_ACCOUNTS = Column("accounts", "BIGINT", "Accounts.", label=N_("Accounts"), format="integer")
_GUESTS = Column(
    "guests", "BIGINT", "Of these, guests, known by a phone or an e-mail only.", label=N_("Guests"), format="integer"
)

CHANNELS = Table(
    "identity_channels",
    "one row per channel with an account that ordered, and one for all, without a name",
    "How many persons the accounts of each channel are.",
    (
        _CHANNEL,
        _ACCOUNTS,
        _GUESTS,
        Column("persons", "BIGINT", "Persons.", label=N_("Persons"), format="integer"),
        Column(
            "linked_accounts",
            "BIGINT",
            "Accounts of persons with several.",
            label=N_("Linked accounts"),
            format="integer",
        ),
        _ORDERS,
        Column("guest_orders", "BIGINT", "Orders of guests.", label=N_("Guest orders"), format="integer"),
        Column(
            "linked_guest_orders",
            "BIGINT",
            "Orders of guests who are known by another account too.",
            label=N_("Guest orders linked"),
            format="integer",
        ),
        _REVENUE,
        Column(
            "linked_revenue",
            "DOUBLE",
            "Net revenue of accounts that are not their person's first.",
            unit="shop currency",
            label=N_("Revenue that linking gave to known persons"),
            format="money",
        ),
    ),
    key=("channel",),
)

COVERAGE = Table(
    "identity_coverage",
    "one row per month and channel with an order",
    "Whose orders are known.",
    (
        Column("month", "DATE", "The first day of the month.", label=N_("Month")),
        _CHANNEL,
        _ORDERS,
        Column("identified_orders", "BIGINT", "Of these, with a buyer.", label=N_("With a buyer"), format="integer"),
        Column("guest_orders", "BIGINT", "Of these, guests'.", label=N_("Guest orders"), format="integer"),
        Column(
            "linked_orders",
            "BIGINT",
            "Of these, of persons with several accounts.",
            label=N_("Of persons with several accounts"),
            format="integer",
        ),
        _REVENUE,
        Column(
            "identified_revenue",
            "DOUBLE",
            "Of this, with a buyer.",
            unit="shop currency",
            label=N_("Net revenue with a buyer"),
            format="money",
        ),
        Column("share", "DOUBLE", "Of the orders, with a buyer.", label=N_("Share with a buyer"), format="percent"),
    ),
    key=("month", "channel"),
)

KINDS = Table(
    "identity_kinds",
    "one row per kind of key",
    "What each kind of key links.",
    (
        _KIND,
        Column("accounts", "BIGINT", "Accounts with such a key.", label=N_("Accounts with one"), format="integer"),
        Column("keys", "BIGINT", "Different keys.", label=N_("Different keys"), format="integer"),
        Column("shared_keys", "BIGINT", "Keys of several accounts.", label=N_("Shared keys"), format="integer"),
        Column(
            "links",
            "BIGINT",
            "Accounts that keys of this kind would save alone.",
            label=N_("Accounts linked by it alone"),
            format="integer",
        ),
        Column(
            "capped_keys",
            "BIGINT",
            "Keys shared by too many to be one person's.",
            label=N_("Keys shared by too many"),
            format="integer",
        ),
        Column(
            "capped_accounts", "BIGINT", "Accounts with such keys.", label=N_("Accounts with these"), format="integer"
        ),
    ),
    key=("key_kind",),
)

GROUPS = Table(
    "identity_groups",
    "one row per person with several accounts, the 200 with most",
    "The largest persons, and what holds them together.",
    (
        _PERSON,
        _ACCOUNTS,
        _GUESTS,
        Column("channels", "BIGINT", "Channels.", label=N_("Channels"), format="integer"),
        _ORDERS,
        _REVENUE,
        Column("was_split", "BOOLEAN", "Taken out of a component too large.", label=N_("Split by the guard")),
        Column("held_by", "VARCHAR", "Keys that its accounts share.", label=N_("Held together by")),
    ),
    key=("person_id",),
)

SHARED_KEYS = Table(
    "identity_shared_keys",
    "one row per key that most accounts share",
    "Keys of many accounts: tills, families, help desks.",
    (
        _KIND,
        Column("key_hash", "VARCHAR", "The key's pseudonym.", label=N_("Pseudonym")),
        _ACCOUNTS,
        Column("capped", "BOOLEAN", "Shared by too many to link.", label=N_("Links nobody")),
    ),
)

ACCOUNTS = Table(
    "identity_accounts",
    "one row per account of a person",
    "One person's accounts.",
    (
        _PERSON,
        Column("account_id", "VARCHAR", "The account.", label=N_("Account")),
        _CHANNEL,
        Column("is_guest", "BOOLEAN", "Known by a phone or an e-mail only.", label=N_("Guest")),
        Column("first_day", "DATE", "First order.", label=N_("First order")),
        Column("last_day", "DATE", "Last order.", label=N_("Last order")),
        _ORDERS,
        _REVENUE,
    ),
    key=("account_id",),
)
