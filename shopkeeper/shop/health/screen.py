"""The section of the Data page that says what in the data bends the figures."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.shop.health import report, table
from shopkeeper.shop.health.rules import PAGES, RULES
from shopkeeper.ui import tables
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import load

FIRST_ROWS = 100


def draw(version: Version) -> None:
    """Every finding, the largest amount first, with its rule, the pages that it touches and its rows."""
    today = datetime.now(ZoneInfo(version.shop.timezone)).date()
    health = load(report.report, today)
    findings = health.findings
    if findings.is_empty():
        st.success(_("Nothing was seen that bends the figures: all {n} checks are quiet.", n=len(RULES)))
    else:
        answer = i18n.ngettext(
            "{n} thing in the data bends the figures.", "{n} things in the data bend the figures.", findings.height
        )
        st.markdown(f"#### {answer}")
    for row in findings.iter_rows(named=True):
        rule = RULES[row["check"]]
        touches = _(" · touches {amount}", amount=money(row["amount"])) if row["amount"] is not None else ""
        with st.expander(f"**{_(rule.title)}**{touches}", icon=":material/troubleshoot:"):
            st.markdown(table.sentence(row["sentence"]))
            st.caption(
                _(
                    "Rule: {rule} Pages: {pages}.",
                    rule=rule.says,
                    pages=", ".join(_(PAGES[name]) for name in row["pages"]),
                )
            )
            rows = health.rows[row["check"]]
            if not rows.is_empty():
                tables.show_table(table.rows(version, row["check"], rows), f"health_{row['check']}", first=FIRST_ROWS)
    quiet = [_(rule.title) for name, rule in RULES.items() if name not in findings["check"].to_list()]
    if quiet:
        st.caption(_("Checked, and quiet: {checks}.", checks=", ".join(quiet)))
