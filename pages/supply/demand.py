"""What will be asked for, where and how sure; how it was forecast before, what was lost, manual values, both sides."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.demand.screen import answer as first
from shopkeeper.supply.demand.screen import forecast as parts
from shopkeeper.supply.demand.screen import sections
from shopkeeper.supply.screen.filters import choose_goods

filters = choose_goods(without=("locations",))
section = parts.choose_section()
above = st.container()
demand = parts.load_demand(filters, section)
with above:
    first.draw_answer(demand)
    if section == "forecast":
        parts.draw_head(demand)
if section == "forecast":
    parts.draw_rows(demand)
else:
    sections.draw(section, filters)
ui.explain(parts.DEFINITIONS[section])
