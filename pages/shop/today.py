"""How the shop does, and what needs doing first: figures at once, then the actions of all pages in money order."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.shop.today import report
from shopkeeper.shop.today.screen import actions, changes, figures, targets

answer, todo, goals, parts = st.container(), st.container(), st.container(), st.container()
with parts:
    options = figures.choose_options()
today = ui.load(report.report, options)
with answer:
    stock = figures.draw_answer(today)
with parts:
    days = st.container()
    changes.draw_changes(today)
    changes.draw_why(today)
in_force, plan = targets.load_plan()
with goals:
    targets.draw_targets(in_force, plan)
with todo:
    reports = actions.load_reports()
    actions.draw_actions(today, actions.listed(today, reports, plan))
with stock:
    figures.draw_stock(reports.stock)
with days:
    figures.draw_days(today, report.with_stock(today.figures, reports.stock))
ui.explain(figures.DEFINITIONS)
