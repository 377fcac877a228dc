"""What the version served holds: rows and money, tables, and what was left out and why."""

from functools import partial

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.rejects import LEFT_EMPTY
from shopkeeper.lake.version import Version
from shopkeeper.shop.data import report, table
from shopkeeper.shop.data.report import VersionContent
from shopkeeper.ui import tables
from shopkeeper.ui.figures import money_in_full

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
    _offer_to_mend(faults)
    listed = faults.filter(pl.col("rule") == rule) if rule else faults
    tables.show_table(table.rejects(version, listed, rule), "rejects", first=FIRST_REJECTS)


def _offer_to_mend(faults: pl.DataFrame) -> None:
    """The rejected rows as their files had them: mended, they are brought in again, added to what is there."""
    names = faults.filter(pl.col("rule") != LEFT_EMPTY)["table"].unique().sort().to_list()
    if not names:
        return
    with st.container(horizontal=True):
        for name in names:
            st.download_button(
                _("Rows of {table} to mend", table=name),
                partial(_rows_to_mend, faults, name),
                file_name=f"{name}-to-mend.csv",
                mime="text/csv",
                key=f"mend_{name}",
                icon=":material/build:",
                on_click="ignore",
            )
    st.caption(
        _(
            "Mend them in the file, leave its name and its last two columns as they are, and bring it in under “Bring "
            "data in”: each row then takes its place, and is counted once."
        )
    )


def _rows_to_mend(faults: pl.DataFrame, name: str) -> bytes:
    """As spreadsheets read it: with the mark of UTF-8."""
    return table.to_mend(faults, name).write_csv().encode("utf-8-sig")
