"""How many days the stock lasts, region by region: what is out, what runs out, what is too much."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.coverage.report import report
from shopkeeper.supply.coverage.screen import regions as parts
from shopkeeper.supply.coverage.screen import views
from shopkeeper.supply.coverage.screen.answer import draw_answer, draw_next
from shopkeeper.supply.screen import filters as screen_filters
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.supply.screen.run_notes import draw_doubts

filters = screen_filters.choose_goods(without=("locations",))
section = parts.choose_section()
coverage = ui.load(report, filters, in_force())
answer = st.container()
parts.draw_notes(coverage)
if coverage.regions_skus.is_empty():
    ui.say_empty()
elif not (coverage.has_stock and coverage.has_forecast):
    views.draw_levels(coverage) if coverage.has_forecast else views.draw_classes(coverage)
else:
    match section:
        case "act":
            parts.draw_act(coverage)
        case "cell":
            views.draw_cell(coverage)
        case "changes":
            views.draw_changes(coverage)
        case "classes":
            views.draw_classes(coverage)
        case _:
            with answer:
                draw_answer(coverage)
                draw_doubts()
            parts.draw_regions(coverage)
            draw_next(coverage)
ui.explain(parts.DEFINITIONS[section])
