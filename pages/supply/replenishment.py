"""What to order and what to move today, with the reason; what was decided; and how much service is wanted."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import transfers
from shopkeeper.supply.replenishment.screen import levels, log, orders
from shopkeeper.supply.replenishment.screen import proposals as parts
from shopkeeper.supply.replenishment.screen.answer import draw_answer
from shopkeeper.supply.screen.filters import choose_goods
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.supply.screen.run_notes import draw_doubts

filters = choose_goods()
section = parts.choose_section()
set_now = in_force()
answer = st.container()
proposals = ui.load(replenishment.report, filters, set_now)
match section:
    case "decisions":
        log.draw_log()
    case "levels":
        levels.draw_levels(proposals)
    case _:
        moves = ui.load(transfers.report, filters, set_now)
        with answer:
            draw_answer(proposals, moves)
            draw_doubts()
        if section == "transfers":
            parts.draw_transfers(moves)
        else:
            orders.draw_orders(proposals, set_now)
ui.explain(parts.DEFINITIONS[section])
