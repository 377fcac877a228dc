"""The other parts of the Demand page: the backtest, what was lost, and both sides of a region."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.screen.model import fitted, say_unfitted
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.supply.demand import chart as charts
from shopkeeper.supply.demand import lost, table, two_sided
from shopkeeper.supply.demand.lost import LostSales
from shopkeeper.supply.demand.screen import accuracy, overrides
from shopkeeper.supply.demand.screen.answer import say_no_forecast
from shopkeeper.supply.demand.screen.forecast import FIRST_ITEMS
from shopkeeper.supply.demand.two_sided import TwoSided
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.supply.units import mixed_units, units_of
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import load, opened


def draw(section: str, filters: GoodsFilters) -> None:
    """One part of the page."""
    match section:
        case "accuracy":
            accuracy.draw(filters)
        case "lost":
            draw_lost(filters)
        case "manual":
            overrides.draw(filters)
        case _:
            draw_two_sided(filters)


def draw_lost(filters: GoodsFilters) -> None:
    """What was asked for and not there."""
    if opened().forecast is None:
        say_no_forecast()
        return
    names = {"sku": _("Item"), "region": _("Item x region"), "location": _("Item x location")}
    lost_sales = load(lost.report, filters, session.choose(_("By"), names, "lost_by", "sku"))  # type: ignore[arg-type]
    if lost_sales.first_day is None:
        st.info(
            _(
                "No stock snapshots have been brought, so nobody knows when something was out. Import the table of "
                "stock snapshots; the forecast then no longer takes empty shelves for want of demand."
            )
        )
        return
    draw_lost_words(lost_sales, mixed=len(load(units_of, filters)) > 1)
    if lost_sales.rows.is_empty():
        st.success(_("Nothing of what is chosen was out of stock on a day with a snapshot."))
        return
    sheet = table.lost(opened().version, lost_sales)
    parts = [name for name in ("name", "region", "location") if lost_sales.rows[name].count()]
    label = pl.concat_str([pl.col("sku"), *(pl.col(name).fill_null("") for name in parts)], separator=" · ")
    drawn = lost_sales.rows.head(charts.DRAWN).with_columns(label=label)
    currency = shop_currency()
    tables.show_chart(lambda **_dark: charts.lost_items(drawn, lost_sales.valued_in, currency), sheet, "lost")
    if st.session_state.get("lost_as") != "table":
        tables.show_table(sheet, "lost_rows", download=False, first=200)


def draw_lost_words(lost_sales: LostSales, *, mixed: bool) -> None:
    """How much, since when, and what to do."""
    whole, top = lost_sales.worth(), lost_sales.worth(FIRST_ITEMS)
    worth = money(whole)
    st.markdown(
        _(
            "##### Since {first} goods for {worth} were asked for and not there.",
            first=i18n.date_(lost_sales.first_day),
            worth=worth,
        )
        if mixed
        else _(
            "##### Since {first} about {units} units were asked for and not there: {worth} lost.",
            first=i18n.date_(lost_sales.first_day),
            units=i18n.integer(lost_sales.units),
            worth=worth,
        )
    )
    if whole:
        what = ngettext(
            "The first row is {share} of it, {part}. Raise its service level or order earlier on the page "
            "Replenishment.",
            "The first {n} rows are {share} of it, {part}. Raise their service level or order earlier on the page "
            "Replenishment.",
            min(FIRST_ITEMS, lost_sales.rows.height),
            share=i18n.percent(top / whole, 0),
            part=money(top),
        )
        with do_next(what):
            pass
    captions = [
        _(
            "stock is known on {known} of {all} days since then; on the others nothing is counted",
            known=i18n.integer(lost_sales.snapshot_days),
            all=i18n.integer(lost_sales.calendar_days),
        )
    ]
    if lost_sales.negative:
        captions.append(
            ngettext(
                "{n} stock is negative and taken for none",
                "{n} stocks are negative and taken for none",
                lost_sales.negative,
            )
        )
    st.caption(" · ".join(captions))


def draw_two_sided(filters: GoodsFilters) -> None:
    """The items' forecast against what customers are expected to buy, by region."""
    fits = fitted()
    if opened().forecast is None:
        say_no_forecast()
        return
    if not opened().version.identified_order_share:
        st.info(
            _(
                "No order names its buyer, so there are no customers to hold against the items' history. Import "
                "customer numbers, accounts, phones or e-mails with the orders to see both sides."
            )
        )
        return
    if fits is None:
        say_unfitted()
        return
    # Both sides are counted in units, which are no sum where items are counted differently.
    for words in mixed_units(load(units_of, filters)):
        st.info(str(words))
        return
    days = int(session.choose(_("Days ahead"), {str(n): i18n.days(n) for n in two_sided.DAYS}, "check_days", "28"))
    sides = load(two_sided.report, fits, filters, in_force(), days)
    if sides.rows.is_empty():
        tables.say_empty()
        return
    st.markdown(f"##### {two_sided_words(sides)}")
    if sides.events:
        st.markdown(event_words(sides))
    with do_next(first_region(sides)):
        pass
    sheet = table.two_sided(opened().version, sides, filters)
    tables.show_chart(
        lambda **_dark: charts.both_sides(sides.rows),
        sheet,
        "check",
        title=_("What customers should buy, and what the items' history expects, next {days}", days=i18n.days(days)),
        note=_about(sides),
    )
    for note in sides.notes:
        st.caption(str(note))
    if st.session_state.get("check_as") != "table":
        tables.show_table(sheet, "check_rows", download=False)


def _about(sides: TwoSided) -> str:
    values = {
        "n": min(charts.DRAWN, sides.rows.height),
        "all": sides.rows.height,
        "day": i18n.date_(sides.as_of),
    }
    if sides.growth is None:
        return _("the first {n} of {all} regions; as of {day}", **values)
    return _(
        "the first {n} of {all} regions; new customers {growth} against a year before; as of {day}",
        growth=i18n.change(sides.growth - 1, 1),
        **values,
    )


def two_sided_words(sides: TwoSided) -> str:
    """How the two sides compare, and what explains the gap."""
    row = sides.whole.row(0, named=True)
    values = {name: i18n.integer(row[name]) for name in ("forecast", "new_customers", "unidentified")}
    rest = i18n.integer(abs(row["rest"]))
    share = i18n.percent(abs(row["rest_share"] or 0), 0)
    text = _(
        "The items' history expects {forecast} units. Known customers should buy {known_customers}, new ones "
        "{new_customers}, and {unidentified} come without identity.",
        known_customers=i18n.integer(row["existing_customers"]),
        **values,
    )
    if row["rest"] >= 0:
        return text + " " + _("That leaves {rest} ({share}) that no customer explains.", rest=rest, share=share)
    return text + " " + _("That is {rest} ({share}) more than the items' history expects.", rest=rest, share=share)


def event_words(sides: TwoSided) -> str:
    """What of the difference an event explains."""
    return _(
        "{events} lies in these days: the items' forecast knows it, the model of known customers does not, so part of "
        "the gap is the event.",
        events=", ".join(sides.events),
    )


def first_region(sides: TwoSided) -> str:
    """The region where the two sides are farthest apart."""
    row = sides.rows.sort(pl.col("rest").abs(), descending=True).row(0, named=True)
    rest = i18n.integer(abs(row["rest"]))
    if row["rest"] < 0:
        return _(
            "Look at {region} first: its customers should buy {rest} units more than is forecast. Where a campaign "
            "lies ahead, trust the customers and order for it.",
            region=row["region"],
            rest=rest,
        )
    return _(
        "Look at {region} first: {rest} units are forecast there that its customers do not explain. Where they came "
        "from one large buyer or an event gone by, set a manual value.",
        region=row["region"],
        rest=rest,
    )
