"""What to order and what to move today, with the reason; what was decided; and how much service is wanted."""

import streamlit as st

from shopkeeper import replenishment, transfers, ui
from shopkeeper.ui import replenishment as parts
from shopkeeper.ui import replenishment_log as log
from shopkeeper.ui import state
from shopkeeper.ui.goods_choices import choose_goods

filters = choose_goods()
section = parts.choose_section()
overrides, policy = state.overrides_in_use(), state.policy_in_use()
answer = st.container()
found = ui.load(replenishment.report, filters, overrides, policy)
match section:
    case "decisions":
        log.draw_log()
    case "levels":
        log.draw_levels(found)
    case _:
        moves = ui.load(transfers.report, filters, overrides, policy)
        with answer:
            parts.draw_answer(found, moves)
        if section == "transfers":
            parts.draw_transfers(moves)
        else:
            parts.draw_orders(found, overrides)
ui.explain(parts.DEFINITIONS[section])
