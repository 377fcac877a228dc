"""How many days the stock lasts, region by region: what is out, what runs out, what is too much."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.screen import regions as parts
from shopkeeper.supply.coverage.screen import views
from shopkeeper.supply.screen import filters as screen_filters
from shopkeeper.supply.screen.in_force import in_force

filters = screen_filters.choose_goods(without=("locations",))
section = parts.choose_section()
found = ui.load(coverage.report, filters, in_force())
answer = st.container()
parts.draw_notes(found)
if found.regions_skus.is_empty():
    ui.say_empty()
elif not (found.has_stock and found.has_forecast):
    views.draw_levels(found) if found.has_forecast else views.draw_classes(found)
else:
    match section:
        case "act":
            parts.draw_act(found)
        case "cell":
            views.draw_cell(found)
        case "changes":
            views.draw_changes(found)
        case "classes":
            views.draw_classes(found)
        case _:
            with answer:
                parts.draw_answer(found)
            parts.draw_regions(found)
            parts.draw_next(found)
ui.explain(parts.DEFINITIONS[section])
