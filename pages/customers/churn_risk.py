"""Who is leaving and whom to rescue first; one customer's history; the clock to the second order; life stages."""

import streamlit as st

from shopkeeper import ui
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn.screen import customer
from shopkeeper.customers.churn.screen import risk as parts
from shopkeeper.customers.lifecycle import screen as stages
from shopkeeper.customers.screen.filters import choose_filters
from shopkeeper.customers.screen.model import fitted, say_nobody, say_unfitted
from shopkeeper.customers.second_order import screen

filters = choose_filters()
section = parts.choose_section()
match section:
    case "lifecycle":
        stages.draw(filters)
    case "second":
        screen.draw(filters)
    case _ if (fits := fitted()) is None:
        say_unfitted()
    case _:
        answer = st.container()
        churn_risk = ui.load(churn.report, fits, filters, parts.choose_options(fits, stages.rules_in_use()))
        if churn_risk.totals.customers == 0:
            say_nobody()
        elif section == "customer":
            customer.draw(fits, churn_risk)
        else:
            with answer:
                parts.draw_answer(churn_risk)
            parts.draw_model(fits, churn_risk)
            parts.draw_rescue(fits, churn_risk)
            parts.draw_where(churn_risk)
ui.explain(parts.DEFINITIONS[section])
