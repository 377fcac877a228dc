"""Warehouses, stores and dealers as nodes: what lies near its buyers, and what one more shipping point would bring."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.network.screen import regions as parts
from shopkeeper.supply.network.screen import what_if
from shopkeeper.supply.network.screen.answer import draw_answer
from shopkeeper.supply.screen.filters import choose_goods

filters = choose_goods(without=("locations",))
section = parts.choose_section()
network = parts.load_network(filters, parts.choose_options())
answer = st.container()
parts.draw_notes(network)
if section == "nodes" or network.now.near_rate is None:
    parts.draw_nodes(network)
else:
    with answer:
        draw_answer(network)
    match section:
        case "next":
            what_if.draw_next(network)
        case "plan":
            what_if.draw_plan(network, filters)
        case _:
            parts.draw_regions(network)
ui.explain(parts.DEFINITIONS[section])
