"""Warehouses, stores and dealers as nodes: what lies near its buyers, and what one more shipping point would bring."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.network.screen import regions as parts
from shopkeeper.supply.network.screen import what_if as tries
from shopkeeper.supply.screen.filters import choose_goods

filters = choose_goods(without=("locations",))
section = parts.choose_section()
found = parts.found_for(filters, parts.choose_options())
answer = st.container()
parts.draw_notes(found)
if section == "nodes" or found.now.near_rate is None:
    parts.draw_nodes(found)
else:
    with answer:
        parts.draw_answer(found)
    match section:
        case "next":
            tries.draw_next(found)
        case "plan":
            tries.draw_plan(found, filters)
        case _:
            parts.draw_regions(found)
ui.explain(parts.DEFINITIONS[section])
