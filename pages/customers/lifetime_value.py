"""What customers are worth: one sentence, where to spend, whom the value comes from, and proof that the model holds."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.customers.lifetime_value import opportunity
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value.screen import answer as parts
from shopkeeper.customers.lifetime_value.screen import views
from shopkeeper.customers.model_check import screen as proof
from shopkeeper.customers.screen.filters import choose_filters
from shopkeeper.customers.screen.model import fitted, say_nobody, say_unfitted

filters = choose_filters()
fits = fitted()
if fits is None:
    say_unfitted()
    st.stop()
answer = st.container()
options = parts.choose_options(fits)
customer_value = ui.load(lifetime_value.report, fits, filters, options)
if customer_value.n == 0:
    say_nobody()
    st.stop()
with answer:
    parts.draw_answer(customer_value)
    parts.draw_action(ui.load(opportunity.opportunity, fits, filters, options))
parts.draw_notes(customer_value)
match parts.choose_part():
    case "segments":
        views.draw_segments(customer_value)
    case "distribution":
        views.draw_distribution(customer_value)
    case "matrix":
        views.draw_matrix(customer_value)
    case "customers":
        views.draw_customers(fits, customer_value)
    case _:
        proof.draw_proof(fits, options.kind, customer_value.value)
ui.explain(parts.DEFINITIONS)
