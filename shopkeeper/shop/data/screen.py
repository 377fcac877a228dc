"""The Data page: the version served, its tables and rejects, the versions before it."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.lake import store
from shopkeeper.lake.version import Version
from shopkeeper.shop.data import report, table
from shopkeeper.shop.data.report import VersionContent
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import money_in_full
from shopkeeper.ui.frame import guarded

FIRST_REJECTS = 200


def draw_totals(version: Version, content: VersionContent) -> None:
    """Rows and money in, published and rejected: the two sums that must reconcile."""
    answer = _(
        "{published} of {rows_in} rows are in the figures, {rejected} were rejected.",
        published=i18n.integer(content.rows_published),
        rows_in=i18n.integer(content.rows_in),
        rejected=i18n.integer(version.rows_rejected),
    )
    st.markdown(f"#### {answer}")
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Net amount brought in"), money_in_full(version.net_amount_in), border=True)
        st.metric(_("Net amount published"), money_in_full(version.net_amount_published), border=True)
        st.metric(_("Net amount rejected"), money_in_full(version.net_amount_rejected), border=True)
    if content.reconciles and version.net_amount_unreadable_rows:
        st.caption(_("The rows reconcile: brought in = published + rejected. The money cannot be held against it."))
    elif content.reconciles:
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


def draw_tables(version: Version, content: VersionContent) -> None:
    """Each table of the contract that is there, and the names of those that are not."""
    st.markdown(f"##### {_('Tables')}")
    tables.show_table(table.tables(version, content), "tables")
    if content.missing:
        names = ", ".join(f"`{name}`" for name in content.missing)
        st.caption(_("Not brought yet: {tables}. Only order lines are required.", tables=names))


def draw_rejects(version: Version) -> None:
    """Rejected rows: how many by rule, the first of them, all of them to download."""
    st.markdown(f"##### {_('Rejected rows')}")
    if version.rejects is None:
        st.success(_("No row was rejected."))
        return
    faults = report.rejects(version)
    names = faults["rule"].unique().sort().to_list()
    rule = st.selectbox(
        _("Rule"), names, index=None, placeholder=_("All rules"), key="rule", width=320, format_func=table.rule_name
    )
    tables.show_table(table.rules(version, report.by_rule(faults)), "by_rule", download=False)
    listed = faults.filter(pl.col("rule") == rule) if rule else faults
    tables.show_table(table.rejects(version, listed, rule), "rejects", first=FIRST_REJECTS)


def draw_versions(version: Version) -> None:
    """Every version that is kept; a shop's own can be served again."""
    st.markdown(f"##### {_('Versions')}")
    if version.shop.sample:
        st.caption(_("The sample shop has one version: {version}.", version=version.id))
        return
    kept = store.versions(version.path.parents[1])
    tables.show_table(table.versions(version, kept), "versions", download=False)
    others = [kind.id for kind in kept if kind.id != version.id]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        version_id = st.selectbox(_("Serve another version"), others, key="version_to_serve", width=360)
        if st.button(_("Go back to it"), key="roll_back", icon=":material/history:"):
            dialog = st.dialog(_("Serve another version?"))(confirm_rollback)
            dialog(version_id)


def confirm_rollback(version_id: str) -> None:
    """A dialog runs on its own: it has to be told the language, and guarded, anew."""
    session.speak()
    with guarded():
        st.write(
            _(
                "Every viewer will see version {version} from their next click on. Nothing is deleted.",
                version=version_id,
            )
        )
        if st.button(_("Serve it"), key="confirm_roll_back", type="primary"):
            store.rollback(store.data_folder(), version_id)
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
