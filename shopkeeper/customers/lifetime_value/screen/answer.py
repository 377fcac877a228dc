"""The Lifetime value page's controls and sentences."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.lifetime_value.opportunity import LifetimeValueOpportunity
from shopkeeper.customers.lifetime_value.report import MONTHS, LifetimeValue, LifetimeValueOptions
from shopkeeper.customers.lifetime_value.screen.residual import whole_life
from shopkeeper.customers.screen import filters, opening
from shopkeeper.customers.screen.model import choose_model
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import Fits, ValueMeasure
from shopkeeper.jobs.buying.scores import used_value
from shopkeeper.measures.lookup import measure
from shopkeeper.ui import session
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, money_in_full

NOTHING = 1.0
"""An amount below this of all customers together is not worth a sentence, in any currency."""
DEFINITIONS = (
    "lifetime_value",
    "historic_value",
    "predicted_value",
    "residual_value",
    "purchase_value",
    "expected_purchases",
    "p_alive",
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "holdout",
    "log_likelihood",
    "calibration_error",
    "bias",
    "mae",
    "purchase",
    "acquired_in",
)


def choose_options(fits: Fits) -> LifetimeValueOptions:
    """Horizon, what is valued, discount and model."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        names = {str(months): i18n.integer(months) for months in MONTHS}
        months = session.choose(_("Months ahead"), names, "months", "12")
        value = "margin"
        # Without costs both would show net revenue: the notes say why.
        if used_value(fits, "margin") == "margin":
            values = {"margin": _("Margin"), "revenue": _("Net revenue")}
            value = session.choose(_("Value"), values, "value", "margin")
        discount = choose_discount()
        kind, by = choose_model(fits)
    return LifetimeValueOptions(int(months), kind, by, value, discount)  # type: ignore[arg-type]


def choose_discount() -> float:
    """Percent a year, as a share."""
    default = round(LifetimeValueOptions().discount * 100)
    if (link_values := session.linked("discount")) is not None:
        if link_values[-1].isdecimal() and int(link_values[-1]) <= 100:
            session.keep("discount", int(link_values[-1]))
        else:
            session.notice(
                _(
                    "The link asks for a discount of “{value}” percent a year; choose 0 to 100. It is {default} now.",
                    value=link_values[-1],
                    default=default,
                )
            )
    held = st.session_state.get("discount")
    session.keep("discount", default if held is None else held)
    chosen = st.number_input(
        _("Discount per year (%)"),
        0,
        100,
        step=1,
        key="discount",
        width=160,
        on_change=session.forget_notices,
        help=_("Money that comes later is worth less: at 10 %, what comes in a year counts as 91 % of its amount."),
    )
    session.remember("discount", [] if chosen == default else [str(chosen)])
    return chosen / 100


def choose_part() -> str:
    """Only the part that is chosen is drawn and computed."""
    parts = {
        "segments": _("Segments"),
        "distribution": _("Distribution"),
        "matrix": _("Frequency × recency"),
        "customers": _("Customers"),
        "proof": _("Proof"),
    }
    return session.choose(_("Show"), parts, "value_part", "segments", hidden=True)


def value_name(value: ValueMeasure) -> str:
    """What is valued, within a sentence."""
    return _("margin") if value == "margin" else _("net revenue")


def draw_answer(customer_value: LifetimeValue) -> None:
    """What all chosen customers are worth, in one sentence and four figures: what has happened apart from the rest."""
    whole = customer_value.segments.row(by_predicate=pl.col("segment_kind") == "all", named=True)
    st.markdown(f"#### {answer(customer_value, whole)}")
    _draw_figures(customer_value, whole)
    draw_whole_life(customer_value)


def answer(customer_value: LifetimeValue, whole: Mapping[str, Any]) -> str:
    """The page's first sentence; `whole` is the row of all customers."""
    predicted = whole["predicted_value"]
    values: dict[str, Any] = {
        "n": i18n.integer(whole["customers"]),
        "historic": money(whole["historic_value"]),
        "value": value_name(customer_value.value),
        "months": customer_value.options.months,
    }
    if predicted is None:
        return _(
            "These {n} customers have brought {historic} of {value} so far; what comes is not known yet.", **values
        )
    if predicted < NOTHING:
        return _(
            "Hardly any of these {n} customers should buy again within {months} months; they have brought {historic} "
            "of {value} so far.",
            **values,
        )
    if customer_value.top_predicted is None:
        return _(
            "Over the next {months} months these {n} customers should bring {predicted} of {value}.",
            predicted=money(predicted),
            **values,
        )
    return _(
        "Over the next {months} months these {n} customers should bring {predicted} of {value}; the most valuable "
        "10% of them hold {top} of it.",
        predicted=money(predicted),
        top=i18n.share(customer_value.top_predicted),
        **values,
    )


def _draw_figures(customer_value: LifetimeValue, whole: Mapping[str, Any]) -> None:
    """What has come, and where something is predicted what should come, of all and of one."""
    predicted = whole["predicted_value"]
    with st.container(horizontal=True, gap="small"):
        st.metric(
            _("Historic, so far"),
            money(whole["historic_value"]),
            border=True,
            help=_("{each} per customer.", each=money_in_full(whole["historic_each"]))
            + " "
            + _(measure("historic_value").description),
        )
        if predicted is None:
            return
        span = (
            ""
            if whole["low"] is None
            else _(
                "95% interval {low} to {high}, chance included.",
                low=money(whole["low"]),
                high=money(whole["high"]),
            )
        )
        st.metric(
            _("Predicted, next {months} months", months=customer_value.options.months),
            money(predicted),
            border=True,
            help=f"{span} {_(measure('predicted_value').description)}".strip(),
        )
        st.metric(
            _("Predicted per customer"),
            money_in_full(whole["predicted_each"]),
            border=True,
            help=_("Of {n} customers, whether they still buy here or not.", n=i18n.integer(whole["customers"])),
        )
        if customer_value.top_predicted is None:
            return
        st.metric(
            _("Held by the top 10%"),
            i18n.share(customer_value.top_predicted),
            border=True,
            help=_(
                "Of what is predicted; of what has happened it is {share}.",
                share=i18n.percent(customer_value.top_historic),
            ),
        )


def draw_whole_life(customer_value: LifetimeValue) -> None:
    """What lies beyond the longest horizon, beside it."""
    options = customer_value.options
    if options.months == max(MONTHS):
        st.caption(whole_life(customer_value.residual, options.discount))


def draw_notes(customer_value: LifetimeValue) -> None:
    """What fell short; what has been replaced, with the way out."""
    options = customer_value.options
    fell_back = (
        customer_value.kind is None
        or options.kind not in {None, customer_value.kind}
        or options.value != customer_value.value
    )
    words = " ".join(str(note) for note in customer_value.notes)
    if fell_back:
        st.info(words + " " + _("With more data, fit again: {command}", command="`python -m shopkeeper fit`"))
    elif words:
        st.caption(words)
    opening.draw_of_models(customer_value.filters, modelled=customer_value.kind is not None)


def draw_action(opportunity: LifetimeValueOpportunity) -> None:
    """Where to win customers, and what that is worth; nothing where nothing is expected."""
    if opportunity.top is None or opportunity.predicted < NOTHING:
        return
    with do_next(action(opportunity)):
        if (shown := opportunity.most or opportunity.least) is not None:
            kind, segment = str(shown["segment_kind"]), shown["segment"]
            st.button(
                _("Show only {segment}", segment=segment),
                key="show_valued",
                icon=":material/filter_alt:",
                on_click=filters.set_filter,
                args=(f"acquired_{'categories' if kind == 'category' else kind + 's'}", segment),
            )


def action(opportunity: LifetimeValueOpportunity) -> str:
    """What to do, and what it is worth."""
    since = _("since {day}", day=i18n.date_(opportunity.since)) if opportunity.since else _("in the chosen time")
    values = {"since": since, "months": opportunity.options.months, "n": i18n.integer(opportunity.n)}
    most, least = opportunity.most, opportunity.least
    if most and least:
        return _(
            "Of the {n} customers won {since}, {most} ({most_n}) are worth most: {high} each over the next {months} "
            "months ({high_interval}); {least} ({least_n}) least: {low} ({low_interval}). Win the next customers there "
            "rather than here: each hundred moved bring about **{worth}** more, as long as a new customer costs the "
            "same. {test}",
            most=who(most),
            least=who(least),
            high=money_in_full(most["each"]),
            low=money_in_full(least["each"]),
            high_interval=span_of(most),
            low_interval=span_of(least),
            most_n=i18n.integer(most["n"]),
            least_n=i18n.integer(least["n"]),
            worth=money(opportunity.moved),
            test=tested(opportunity),
            **values,
        ) + limit(opportunity, most)
    if row := most or least:
        return _one_segment(opportunity, row, values) + limit(opportunity, row)
    return _(
        "No channel, category or region brings better customers for certain, so keep the best you have: the top 10% of "
        "the {n} customers won {since} should bring **{worth}** over the next {months} months. Choose “Customers” "
        "below for the list of them, and look after these first.",
        worth=money(opportunity.top_value),
        **values,
    )


def _one_segment(opportunity: LifetimeValueOpportunity, row: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Where only the best, or only the worst, stands out from the rest."""
    figures = {
        "who": who(row),
        "each": money_in_full(row["each"]),
        "interval": span_of(row),
        "rest": money_in_full(row["rest"]),
        "worth": money(opportunity.moved),
        "who_n": i18n.integer(row["n"]),
        "rest_n": i18n.integer(row["rest_n"]),
        "test": tested(opportunity),
        **values,
    }
    if opportunity.most:
        return _(
            "Of the {n} customers won {since}, {who} ({who_n}) are worth most: {each} each over the next {months} "
            "months ({interval}), the {rest_n} others {rest}. Spend there: each hundred more of them, instead of "
            "others, bring about **{worth}** more. {test}",
            **figures,
        )
    return _(
        "Of the {n} customers won {since}, {who} ({who_n}) are worth least: {each} each over the next {months} months "
        "({interval}), the {rest_n} others {rest}. Stop spending there, or pay less: each hundred of them cost about "
        "**{worth}** of what others would bring. {test}",
        **figures,
    )


def tested(opportunity: LifetimeValueOpportunity) -> str:
    """By what the difference is certain, and how large it may be."""
    return _(
        "The difference is certain: {low} to {high} per hundred (Welch's interval, 95% over all {comparisons} "
        "comparisons).",
        low=money(opportunity.moved_low),
        high=money(opportunity.moved_high),
        comparisons=i18n.integer(opportunity.comparisons),
    )


def limit(opportunity: LifetimeValueOpportunity, row: Mapping[str, Any]) -> str:
    """What a new customer may cost at most; only margin can pay for one."""
    if opportunity.value != "margin":
        return ""
    return " " + _("To win one of {who} should cost less than {each}.", who=who(row), each=money_in_full(row["each"]))


def who(row: Mapping[str, Any]) -> str:
    """A segment within a sentence."""
    return {
        "channel": _("those through **{segment}**", segment=row["segment"]),
        "region": _("those in **{segment}**", segment=row["segment"]),
        "category": _("those who began with **{segment}**", segment=row["segment"]),
    }[row["segment_kind"]]


def span_of(row: Mapping[str, Any]) -> str:
    """A 95 % interval within a sentence."""
    return _("95% interval {low} to {high}", low=money_in_full(row["low"]), high=money_in_full(row["high"]))
