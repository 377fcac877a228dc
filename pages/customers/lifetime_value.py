"""What customers are worth: one sentence, where to spend, whom the value comes from, and proof that the model holds."""

import streamlit as st

from shopkeeper import lifetime_value, ui, value_opportunity
from shopkeeper.ui import lifetime_value as parts
from shopkeeper.ui import model_check as proof
from shopkeeper.ui import value_views as views

filters = ui.choose_filters()
fits = proof.fitted()
if fits is None:
    proof.say_unfitted()
    st.stop()

answer = st.container()
options = parts.choose_options(fits)
found = ui.load(lifetime_value.report, fits, filters, options)
if found.customers.is_empty():
    ui.say_empty()
    st.stop()

with answer:
    parts.draw_answer(found)
    parts.draw_action(ui.load(value_opportunity.opportunity, fits, filters, options))
parts.draw_notes(found)
match parts.choose_part():
    case "segments":
        views.draw_segments(found)
    case "distribution":
        views.draw_distribution(found)
    case "matrix":
        views.draw_matrix(found)
    case "customers":
        views.draw_customers(found)
    case _:
        proof.draw_proof(fits, options.kind, found.value)
ui.explain(parts.DEFINITIONS)
