"""How Today says its figures: labels, amounts, changes with their sign, the headline."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from shopkeeper import i18n
from shopkeeper.i18n import N_
from shopkeeper.i18n import gettext as _
from shopkeeper.measures.lookup import label, measure
from shopkeeper.shop.health.rules import PAGES as FIGURE_PAGES
from shopkeeper.shop.health.rules import RULES as HEALTH_RULES
from shopkeeper.shop.today.actions import Action
from shopkeeper.shop.today.periods import Period
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.rules import RULES, Part
from shopkeeper.shop.today.targets import Rule
from shopkeeper.shop.today.why import Cause

MEASURES: Mapping[str, str] = {
    "revenue": "trading_revenue",
    "orders": "trading_orders",
    "average_order": "average_order",
    "new_customers": "new_customers",
    "returning_customers": "returning_customers",
    "margin": "trading_margin",
    "units": "trading_units",
    "stock_value": "stock_at_cost",
    "cover_days": "median_cover",
}
"""By figure: the measure that it is."""
PERIODS: Mapping[Period, tuple[str, str]] = {
    "week": (N_("this week"), N_("the same days of the week before")),
    "month": (N_("this month"), N_("the same days of the month before")),
    "quarter": (N_("this quarter"), N_("the same days of the quarter before")),
    "year": (N_("this year"), N_("the same days of the year before")),
}
AWAITED: Mapping[Part, str] = {
    "fits": N_("the models of buying, which say whom to rescue"),
    "forecast": N_("the forecast of demand, which says what runs out, what to order and what to move"),
}
RULE_WORDS: Mapping[Rule, str] = {
    "last_year": N_("as last year went"),
    "weekdays": N_("by weekdays"),
    "days": N_("all days alike"),
}
CAUSES: Mapping[Cause, str] = {
    "orders": N_("More or fewer orders"),
    "mix": N_("Another mix of channels"),
    "rate": N_("More or less an order, within channels"),
    "no_order": N_("Refunds of channels without an order"),
    "refunds": N_("Refunds: unknown apart, they are in what an order brings"),
}
PAGES: Mapping[str, str] = {**FIGURE_PAGES, "data": N_("Data"), "today": N_("Today")}
"""The titles of the pages, by their addresses."""


def figure_label(name: str) -> str:
    """What a figure is called."""
    return label(MEASURES[name])


def figure_help(name: str) -> str:
    """What a figure means, with its formula."""
    declared = measure(MEASURES[name])
    return f"{_(declared.description)} {_('Formula')}: {_(declared.formula)}."


def value(name: str, number: float | None, currency: str) -> str:
    """A figure as it is read in tight places."""
    match measure(MEASURES[name]).format:
        case "money":
            return i18n.compact_money(number, currency)
        case "quantity":
            return i18n.decimal(number)
        case _:
            return i18n.integer(number)


def signed(name: str, change: float | None, currency: str) -> str:
    """A change with its sign."""
    text = value(name, change, currency)
    return f"+{text}" if change is not None and change > 0 else text


def change_words(today: Today, name: str, currency: str) -> str:
    """`+4.4% (+¥41K)`; only the amount where there is no base to be a share of; a dash without any."""
    row = today.figure(name)
    if row["change"] is None:
        return i18n.MISSING
    amount = signed(name, row["change"], currency)
    return amount if row["change_share"] is None else f"{i18n.change(row['change_share'])} ({amount})"


def period_words(today: Today) -> str:
    """The days that are shown."""
    if today.compared.event:
        return _("around {event}", event=today.compared.event.name)
    return _(PERIODS[today.options.period][0])


def base_words(today: Today) -> str:
    """The days that they are held against."""
    if today.compared.event:
        return _("the same days of its last occurrence")
    if today.options.against == "before":
        return _(PERIODS[today.options.period][1])
    return _("the same weekdays a year ago")


def days_words(today: Today) -> str:
    """Both spans by their dates."""
    now, base = today.compared.now, today.compared.base
    shown = _("{first} to {last}", first=i18n.date_(now.first), last=i18n.date_(now.last))
    if base is None:
        return shown
    against = _("{first} to {last}", first=i18n.date_(base.first), last=i18n.date_(base.last))
    return _("{now}, against {base}", now=shown, base=against)


def headline(today: Today, currency: str) -> str:
    """What the shop earned and how that has changed, in one sentence."""
    row = today.figure("revenue")
    revenue, period = i18n.compact_money(row["value"], currency), period_words(today)
    if row["change"] is None or row["change_share"] is None:
        return _("Net revenue {period} is {revenue} so far.", period=period, revenue=revenue)
    return _(
        "Net revenue {period} is {revenue}: {change} against {base}.",
        period=period,
        revenue=revenue,
        change=i18n.change(row["change_share"]),
        base=base_words(today),
    )


def period_of(period: str, first: date) -> str:
    """The month or year of a target: `Oct 2026`, `2026`."""
    return i18n.month(first) if period == "month" else i18n.year(first)


def rule_words(rule: Rule | None) -> str:
    """By what a run rate is drawn out."""
    return _(RULE_WORDS[rule]) if rule else i18n.MISSING


def target_words(row: Mapping[str, Any], currency: str) -> str:
    """A target in one line: `Net revenue, Oct 2026: ¥1.2M of ¥1.5M so far, heading for ¥1.4M (-6.0%)`."""
    head = _(
        "{figure}, {period}", figure=figure_label(row["figure"]), period=period_of(row["period"], row["starts_on"])
    )
    plan, actual = (value(row["figure"], row[name], currency) for name in ("plan", "actual"))
    if row["run_rate"] is None:
        return _("{head}: {actual} of {plan} so far", head=head, actual=actual, plan=plan)
    return _(
        "{head}: {actual} of {plan} so far, heading for {rate} ({gap})",
        head=head,
        actual=actual,
        plan=plan,
        rate=value(row["figure"], row["run_rate"], currency),
        gap=i18n.change(row["gap_share"]),
    )


def amount_words(action: Action) -> str:
    """What the action's amount is."""
    if action.kind == "data":
        return _("Touches")
    return label(action.amount_is) if action.amount_is else ""


def title(action: Action) -> str:
    """The kind of action; of the data, which check speaks."""
    if action.kind == "data":
        return _(HEALTH_RULES[action.key.removeprefix("data:")].title)
    return _(RULES[action.kind].title)


def horizon_words(action: Action) -> str:
    """How far ahead the amount reaches."""
    if action.horizon_days is None or not RULES[action.kind].tells_horizon:
        return ""
    if action.kind in {"event", "target"}:
        return _("{days} left", days=i18n.days(action.horizon_days))
    return _("over {days}", days=i18n.days(action.horizon_days))


def interval_words(action: Action, currency: str) -> str:
    """The interval where the page's report has one; else why there is none."""
    if action.amount is None:
        return ""
    if action.low is None or action.high is None:
        return no_interval_words(action)
    low, high = (i18n.compact_money(end, currency) for end in (action.low, action.high))
    return _("{low} to {high}", low=low, high=high)


def no_interval_words(action: Action) -> str:
    """Why an amount has no interval."""
    if RULES[action.kind].is_estimate:
        return _("an expectation; its interval is not known")
    return _("counted, not estimated")


def awaited_words(part: Part, state: Literal["at_work", "missing"]) -> str:
    """What is not there yet, and whether it comes by itself."""
    if part == "stock":
        return _("No stock was brought, so nothing is said of what runs out, what to order and what to move.")
    if state == "at_work":
        return _("Still at work: {what}. It appears here by itself.", what=_(AWAITED[part]))
    commands: Mapping[str, str] = {"fits": "`python -m shopkeeper fit`", "forecast": "`python -m shopkeeper forecast`"}
    return _("Not made yet: {what}. Run {command}.", what=_(AWAITED[part]), command=commands[part])
