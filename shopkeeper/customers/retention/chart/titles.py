"""How retention charts are titled, and what a closed cell says."""

from shopkeeper.customers.retention.report import View
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.measures.lookup import measure


def unit(view: View) -> str:
    """What age counts, in words: `month`, or `30-day window`."""
    if view.windows == "rolling":
        return ngettext("{n}-day window", "{n}-day window", view.window_days)
    return {"day": _("day"), "week": _("week"), "month": _("month"), "quarter": _("quarter")}[view.period]


def measure_name(view: View) -> str:
    """The measure that the view's rate is: a name that `measures.measure` knows."""
    if view.measure == "customers":
        return "retention_rate"
    return ("cumulative_" if view.method == "cumulative" else "") + f"{view.measure}_per_customer"


def title(view: View, currency: str) -> str:
    """What a cell or a point of the view's charts shows, in words."""
    if view.measure == "customers":
        text = {
            "exact": _("Share of each cohort that bought in {unit} k after the first purchase", unit=unit(view)),
            "unbounded": _("Share of each cohort that bought in {unit} k or later", unit=unit(view)),
            "cumulative": _("Share of each cohort that bought again by {unit} k", unit=unit(view)),
        }
        if view.period == "day" and view.windows == "calendar":
            text["exact"] = _("Share of each cohort that bought on day k after the first purchase")
            text["unbounded"] = _("Share of each cohort that bought on day k or later")
        return text[view.method] + " (%)"
    label = _(measure(measure_name(view)).label) + ("" if view.measure == "orders" else f" ({currency})")
    if view.method == "cumulative":
        return _("{measure}, up to {unit} k", measure=label, unit=unit(view))
    return _("{measure}, in {unit} k", measure=label, unit=unit(view))


def closed_hover(view: View, currency: str) -> str:
    """Lines of a closed cell's hover; the browser fills in the numbers."""
    if view.measure != "customers":
        amount = "%{customdata[3]:,.0f}" if view.measure == "orders" else f"{currency} %{{customdata[3]:,.2f}}"
        rate = "%{customdata[4]:,.2f}" if view.measure == "orders" else f"{currency} %{{customdata[4]:,.2f}}"
        return "<br>".join(
            (
                _("{amount} in all", amount=amount),
                _("{rate} per acquired customer", rate=f"<b>{rate}</b>"),
                _("{n} customers acquired", n="%{customdata[2]:,}"),
            )
        )
    return "<br>".join(
        (
            _(
                "{rate}: {value} of {n} customers",
                rate="<b>%{customdata[4]:.1%}</b>",
                value="%{customdata[3]:,.0f}",
                n="%{customdata[2]:,}",
            ),
            _("95% interval: {low} to {high}", low="%{customdata[5]:.1%}", high="%{customdata[6]:.1%}"),
            _("Upper identity bound: {upper}", upper="%{customdata[7]:.1%}"),
        )
    )
