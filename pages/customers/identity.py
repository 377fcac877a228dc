"""Who is one person: accounts, guests and the keys that link them; what has no buyer; links by hand."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.customers.identity import report as identity_report
from shopkeeper.customers.identity import screen as parts

identity = ui.load(identity_report.report)
if identity.accounts == 0 and identity.coverage.is_empty():
    ui.say_empty()
    st.stop()
parts.draw_answer(identity)
parts.draw_action(identity)
match parts.choose_view():
    case "coverage":
        parts.draw_coverage(identity)
    case "groups":
        parts.draw_groups(identity)
    case "person":
        parts.draw_person()
    case "levels":
        parts.draw_levels(identity)
    case "links":
        parts.draw_links()
    case _:
        parts.draw_channels(identity)
ui.explain(parts.DEFINITIONS)
