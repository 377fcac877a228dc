"""The Data page: the version served, its tables and rejects, the versions before it."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.lake import store
from shopkeeper.exports import ExportColumn
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.contract.tables import TABLES
from shopkeeper.ui import session
from shopkeeper.ui import tables
from shopkeeper.ui.frame import guarded
from shopkeeper.ui.tables import download_of

FIRST_REJECTS = 200


def draw_totals(version: Version) -> None:
    """Rows and money in, published and rejected: the two sums that must reconcile."""
    rows_in = sum(stats.rows_in for stats in version.tables.values())
    published = sum(stats.rows_published for stats in version.tables.values())
    currency = version.shop.currency
    st.markdown(
        "#### "
        + _(
            "{published} of {rows_in} rows are in the figures, {rejected} were rejected.",
            published=i18n.integer(published), rows_in=i18n.integer(rows_in),
            rejected=i18n.integer(version.rows_rejected),
        )
    )
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Net amount brought in"), i18n.money(version.net_amount_in, currency), border=True)
        st.metric(_("Net amount published"), i18n.money(version.net_amount_published, currency), border=True)
        st.metric(_("Net amount rejected"), i18n.money(version.net_amount_rejected, currency), border=True)
    sums_agree = version.net_amount_in == version.net_amount_published + version.net_amount_rejected
    rows_agree = rows_in == published + version.rows_rejected
    if rows_agree and sums_agree:
        st.caption(_("Rows and net amount reconcile: brought in = published + rejected."))
    else:
        st.error(_("Rows or net amount do not reconcile. Import the data again, and do not rely on these figures."))
    if version.net_amount_unreadable_rows:
        st.caption(
            i18n.ngettext(
                "{n} rejected row has an amount that cannot be read; it is in none of the sums.",
                "{n} rejected rows have an amount that cannot be read; they are in none of the sums.",
                version.net_amount_unreadable_rows,
            )
        )
    if version.warnings:
        st.warning("\n".join(f"- {warning}" for warning in version.warnings))


def draw_tables(version: Version) -> None:
    """Each table of the contract that is there, and the names of those that are not."""
    rows = [
        (name, stats.rows_in, stats.rows_published, stats.rows_rejected, ", ".join(sources_of(version, name)))
        for name, stats in version.tables.items()
    ]
    frame = pl.DataFrame(rows, schema=["table", "rows_in", "rows_published", "rows_rejected", "sources"], orient="row")
    st.markdown(f"##### {_('Tables')}")
    tables.show_table(
        download_of(
            "tables", _("Tables"), frame,
            (
                ExportColumn("table", _("Table")),
                ExportColumn("rows_in", _("Rows brought in"), "integer"),
                ExportColumn("rows_published", _("Rows published"), "integer"),
                ExportColumn("rows_rejected", _("Rejected"), "integer"), ExportColumn("sources", _("Files")),
            ),
        ),
        "tables",
    )
    missing = [f"`{wanted.name}`" for wanted in TABLES if wanted.name not in version.tables]
    if missing:
        st.caption(_("Not brought yet: {tables}. Only order lines are required.", tables=", ".join(missing)))


def sources_of(version: Version, name: str) -> list[str]:
    """The files that a table came from."""
    return [source.name for source in version.sources if source.table == name]


def draw_rejects(version: Version) -> None:
    """Rejected rows: how many by rule, the first of them, all of them to download."""
    st.markdown(f"##### {_('Rejected rows')}")
    if version.rejects is None:
        st.success(_("No row was rejected."))
        return
    rejects = pl.read_parquet(version.rejects)
    by_rule = rejects.group_by("table", "column", "rule").len("rows").sort("rows", descending=True)
    names = rejects["rule"].unique().sort().to_list()
    rule = st.selectbox(
        _("Rule"), names, index=None, placeholder=_("All rules"), key="rule", width=320,
    )
    tables.show_table(
        download_of(
            "rejects-by-rule", _("Rejected rows by rule"), by_rule,
            (
                ExportColumn("table", _("Table")), ExportColumn("column", _("Column")), ExportColumn("rule", _("Rule")),
                ExportColumn("rows", _("Faults"), "integer"),
            ),
        ),
        "by_rule", download=False,
    )
    chosen = rejects.filter(pl.col("rule") == rule) if rule else rejects
    sheet = download_of(
        "rejects", _("Rejected rows"), chosen,
        (
            ExportColumn("file", _("File")), ExportColumn("table", _("Table")), ExportColumn("line", _("Line"), "integer"),
            ExportColumn("column", _("Column")), ExportColumn("value", _("Value")), ExportColumn("reason", _("Why, and how to mend it")),
            ExportColumn("rule", _("Rule")), ExportColumn("row", _("Whole row")),
        ),
        chosen=((_("Rule"), rule or _("All rules")),),
    )
    tables.show_table(sheet, "rejects", first=FIRST_REJECTS)


def draw_versions(version: Version) -> None:
    """Every version that is kept; a shop's own can be served again."""
    st.markdown(f"##### {_('Versions')}")
    if version.shop.sample:
        st.caption(_("The sample shop has one version: {version}.", version=version.id))
        return
    kept = store.versions(version.path.parents[1])
    zone = version.shop.timezone
    frame = pl.DataFrame(
        [
            (
                kind.id, i18n.moment(kind.created_at, zone), kind.as_of,
                sum(stats.rows_published for stats in kind.tables.values()), kind.rows_rejected,
                _("served") if kind.id == version.id else "",
            )
            for kind in kept
        ],
        schema=["version", "published", "as_of", "rows", "rejected", "state"],
        orient="row",
    )
    tables.show_table(
        download_of(
            "versions", _("Versions"), frame,
            (
                ExportColumn("version", _("Version")), ExportColumn("state", _("State")), ExportColumn("published", _("Published")),
                ExportColumn("as_of", _("As of")), ExportColumn("rows", _("Rows"), "integer"),
                ExportColumn("rejected", _("Rejected"), "integer"),
            ),
        ),
        "versions", download=False,
    )
    others = [kind.id for kind in kept if kind.id != version.id]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.selectbox(_("Serve another version"), others, key="wanted_version", width=360)
        if st.button(_("Go back to it"), key="roll_back", icon=":material/history:"):
            dialog = st.dialog(_("Serve another version?"))(confirm_rollback)
            dialog(wanted)


def confirm_rollback(wanted: str) -> None:
    """A dialog runs on its own: it has to be told the language, and guarded, anew."""
    session.speak()
    with guarded():
        st.write(
            _("Every viewer will see version {version} from their next click on. Nothing is deleted.", version=wanted)
        )
        if st.button(_("Serve it"), key="confirm_roll_back", type="primary"):
            store.rollback(store.data_folder(), wanted)
            st.rerun()


def draw_import(version: Version) -> None:
    """The lines to copy."""
    with st.expander(_("Bring your own data"), expanded=version.shop.sample, icon=":material/upload:"):
        st.markdown(
            _(
                "Order lines are all that is needed, as CSV, XLSX or Parquet, or a folder of them. Rows that break the "
                "data contract are listed here with the reason, never dropped in silence. Run in the program's folder:"
            )
        )
        st.code(
            "python -m shopkeeper import orders.csv --mapping shopify\n"
            "python -m shopkeeper import online_retail.parquet --mapping online_retail\n"
            "python -m shopkeeper versions\n"
            "python -m shopkeeper rollback",
            language="bash",
        )
        st.caption(_("Data folder: {folder} (set SHOPKEEPER_DATA to change it)", folder=f"`{store.data_folder()}`"))
