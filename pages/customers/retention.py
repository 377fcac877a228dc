"""Who comes back: one sentence, what to do about it, the cohort triangle and curves, the customers behind a cell."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.opportunity import opportunity
from shopkeeper.customers.retention.screen import answer as figures
from shopkeeper.customers.retention.screen import cells
from shopkeeper.customers.retention.screen import triangle as parts
from shopkeeper.customers.screen.filters import choose_filters
from shopkeeper.customers.screen.model import say_nobody

filters = choose_filters()
answer = st.container()
view, chart, compare = parts.choose_view()
report = ui.load(retention.report, filters, view)
if report.cells.is_empty():
    say_nobody()
    st.stop()
with answer:
    figures.draw_answer(filters, view)
    parts.draw_opportunity(ui.load(opportunity, filters), filters)

reports = [report]
if compare:
    reports.append(ui.load(retention.report, parts.choose_other_segment(filters), view))
picked = cells.picked()
if chart == "curves":
    parts.draw_curves(reports)
else:
    parts.draw_heatmaps(reports, picked)
cells.draw_customers(report)
ui.explain(parts.DEFINITIONS)
