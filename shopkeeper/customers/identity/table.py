"""The Identity page's tables and files."""

import polars as pl

from shopkeeper.contract.identity import IDENTITY_LEVELS
from shopkeeper.customers.identity.frames import ACCOUNTS, CHANNELS, COVERAGE, GROUPS, KINDS, SHARED_KEYS
from shopkeeper.customers.identity.report import Identity
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version

KIND_LABELS = {
    "customer": N_("Customer number"),
    "member": N_("Member number"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "name": N_("Name"),
    "birth_date": N_("Birth date"),
    "postcode": N_("Postcode"),
    "address": N_("Address"),
    "device": N_("Device"),
}

LEVEL_LABELS = {
    "strict": N_("Strict: a member number, or two keys"),
    "standard": N_("Standard: one phone, e-mail or member number"),
    "loose": N_("Loose: names, birth dates, postcodes too"),
}


def kind_names() -> dict[str, str]:
    """Kinds of keys in the language in use."""
    return {kind: _(label) for kind, label in KIND_LABELS.items()}


def level_names() -> dict[str, str]:
    """Levels of linking in the language in use."""
    return {level: _(label) for level, label in LEVEL_LABELS.items()}


def channels(version: Version, identity: Identity) -> Download:
    """Accounts, guests and persons by channel."""
    columns = CHANNELS.labelled()
    return download(version, "identity", _("Persons and accounts by channel"), identity.channels, columns)


def coverage(version: Version, identity: Identity) -> Download:
    """Orders with a buyer, by month and channel."""
    title = _("Share of orders whose buyer is known, by month")
    return download(version, "identity-coverage", title, identity.coverage, COVERAGE.labelled())


def kinds(version: Version, identity: Identity) -> Download:
    """What each kind of key links."""
    frame = identity.kinds.with_columns(_kind())
    return download(version, "identity-keys", _("What links accounts"), frame, KINDS.labelled())


def groups(version: Version, identity: Identity) -> Download:
    """The largest persons."""
    frame = identity.groups.with_columns(_held_by())
    return download(version, "identity-persons", _("Persons with most accounts"), frame, GROUPS.labelled())


def shared_keys(version: Version, identity: Identity) -> Download:
    """The keys of most accounts."""
    frame = identity.shared_keys.with_columns(_kind())
    return download(version, "identity-shared-keys", _("Keys that most accounts share"), frame, SHARED_KEYS.labelled())


def levels(version: Version, identity: Identity) -> Download:
    """What changes with the level of linking."""
    frame = identity.levels.with_columns(pl.col("level").replace(level_names()))
    title = _("The customer pages under other linking")
    return download(version, "identity-levels", title, frame, IDENTITY_LEVELS.labelled())


def accounts(version: Version, frame: pl.DataFrame) -> Download:
    """One person's accounts; of several who share a key, those of all."""
    caption = ((_("Person"), ", ".join(frame["person_id"].unique().sort())),)
    return download(
        version, "identity-person", _("Accounts of one person"), frame, ACCOUNTS.labelled(), caption=caption
    )


def _kind() -> pl.Expr:
    return pl.col("key_kind").replace(kind_names())


def _held_by() -> pl.Expr:
    """Kinds in words within the list of keys."""
    text = pl.col("held_by")
    for kind, name in kind_names().items():
        text = text.str.replace_all(f"{kind} ×", f"{name} ×", literal=True)
    return text.alias("held_by")
