"""The other parts of the Demand page: the backtest, what was lost, and both sides of a region."""

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.customers.screen.model import fitted, say_unfitted
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.supply.demand import backtest, lost, table, two_sided
from shopkeeper.supply.demand import chart as charts
from shopkeeper.supply.demand.lost import LostSales
from shopkeeper.supply.demand.screen import overrides
from shopkeeper.supply.demand.screen.answer import say_no_forecast
from shopkeeper.supply.demand.screen.forecast import FIRST_ITEMS
from shopkeeper.supply.demand.two_sided import TwoSided
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import session, tables
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import load, opened

HONEST = (0.75, 0.85)
"""Where the hit rate of an honest 80 % band lies, chance allowed for."""


def draw(section: str, filters: GoodsFilters) -> None:
    """One part of the page."""
    match section:
        case "accuracy":
            draw_accuracy(filters)
        case "lost":
            draw_lost(filters)
        case "manual":
            overrides.draw(filters)
        case _:
            draw_check(filters)


def draw_accuracy(filters: GoodsFilters) -> None:
    """Errors at each level beside the seasonal naive's, and the items where they cost most."""
    found = load(backtest.report, filters)
    if found.accuracy.is_empty():
        st.info(
            _(
                "Nothing of what is chosen was tested: there is no backtest yet, or its history is too short. The "
                "forecast is shown all the same, but how sure it is, is not known."
            )
        )
        return
    version = opened().version
    sheet = table.forecast_check(version, found)
    names = table.levels(*found.accuracy["level"].to_list())
    row = found.accuracy.row(0, named=True)
    note = _(
        "{origins} origins from {first} to {last}, {days} ahead; n = {n} series at the finest level",
        origins=row["origins"],
        first=i18n.date_(row["first_origin"]),
        last=i18n.date_(row["last_origin"]),
        days=i18n.days(row["days"]),
        n=i18n.integer(found.accuracy["series"].max()),  # type: ignore[arg-type]
    )
    tables.show_chart(lambda **_dark: charts.forecast_accuracy(found.accuracy, names), sheet, "accuracy", note=note)
    for told in band_words(found.accuracy, names):
        st.caption(told)
    tables.show_table(table.accuracy_levels(opened().version, found, names), "accuracy_levels", download=False)
    st.markdown(f"##### {_('Items by error in margin')}")
    total, first = found.cost(), found.cost(FIRST_ITEMS)
    if total:
        st.markdown(
            _(
                "**Do this next.** Check the first {n}: they hold {share} of the error, **{worth}** of margin in the "
                "backtest. Where the forecast errs one way (bias), set a manual value until it has learned.",
                n=i18n.integer(min(FIRST_ITEMS, found.worst.height)),
                share=i18n.percent(first / total, 0),
                worth=money(first),
            )
        )
    tables.show_table(table.worst(version, found), "worst", first=200)


def band_words(accuracy: pl.DataFrame, names: dict[str, str]) -> list[str]:
    """Levels whose 80 % band does not hold what it says."""
    low, high = HONEST
    narrow = [
        names[level] for level, hit in accuracy.select("level", "hit_80").iter_rows() if hit is not None and hit < low
    ]
    wide = [
        names[level] for level, hit in accuracy.select("level", "hit_80").iter_rows() if hit is not None and hit > high
    ]
    told = []
    if narrow:
        told.append(
            _("The 80% band was too narrow at: {levels}. Plan with the 95% band there.", levels=", ".join(narrow))
        )
    if wide:
        told.append(_("The 80% band was wider than it need be at: {levels}.", levels=", ".join(wide)))
    return told


def draw_lost(filters: GoodsFilters) -> None:
    """What was asked for and not there."""
    if opened().forecast is None:
        say_no_forecast()
        return
    names = {"sku": _("Item"), "region": _("Item x region"), "location": _("Item x location")}
    found = load(lost.report, filters, session.choose(_("By"), names, "lost_by", "sku"))  # type: ignore[arg-type]
    if found.first_day is None:
        st.info(
            _(
                "No stock snapshots have been brought, so nobody knows when something was out. Import the table of "
                "stock snapshots; the forecast then no longer takes empty shelves for want of demand."
            )
        )
        return
    draw_lost_words(found)
    if found.rows.is_empty():
        st.success(_("Nothing of what is chosen was out of stock on a day with a snapshot."))
        return
    sheet = table.lost(opened().version, found)
    parts = [name for name in ("name", "region", "location") if found.rows[name].count()]
    label = pl.concat_str([pl.col("sku"), *(pl.col(name).fill_null("") for name in parts)], separator=" · ")
    drawn = found.rows.head(charts.DRAWN).with_columns(label=label)
    currency = shop_currency()
    tables.show_chart(lambda **_dark: charts.lost_items(drawn, found.valued_in, currency), sheet, "lost")
    if st.session_state.get("lost_as") != "table":
        tables.show_table(sheet, "lost_rows", download=False, first=200)


def draw_lost_words(found: LostSales) -> None:
    """How much, since when, and what to do."""
    whole, top = found.worth(), found.worth(FIRST_ITEMS)
    worth = money(whole)
    st.markdown(
        _(
            "##### Since {first} about {units} units were asked for and not there: {worth} lost.",
            first=i18n.date_(found.first_day),
            units=i18n.integer(found.units),
            worth=worth,
        )
    )
    if whole:
        st.markdown(
            _(
                "**Do this next.** The first {n} rows are {share} of it, {part}. Raise their service level or order "
                "earlier on the page Replenishment.",
                n=min(FIRST_ITEMS, found.rows.height),
                share=i18n.percent(top / whole, 0),
                part=money(top),
            )
        )
    told = [
        _(
            "stock is known on {known} of {all} days since then; on the others nothing is counted",
            known=i18n.integer(found.known_days),
            all=i18n.integer(found.calendar_days),
        )
    ]
    if found.negative:
        told.append(
            ngettext(
                "{n} stock is negative and taken for none", "{n} stocks are negative and taken for none", found.negative
            )
        )
    st.caption(" · ".join(told))


def draw_check(filters: GoodsFilters) -> None:
    """The items' forecast against what customers are expected to buy, by region."""
    fits = fitted()
    if opened().forecast is None:
        say_no_forecast()
        return
    if fits is None:
        say_unfitted()
        return
    days = int(session.choose(_("Days ahead"), {str(n): i18n.days(n) for n in two_sided.DAYS}, "check_days", "28"))
    found = load(two_sided.report, fits, filters, in_force(), days)
    if found.rows.is_empty():
        tables.say_empty()
        return
    st.markdown(f"##### {check_words(found)}")
    st.markdown(next_words(found))
    sheet = table.two_sided(opened().version, found, filters)
    tables.show_chart(
        lambda **_dark: charts.both_sides(found.rows),
        sheet,
        "check",
        title=_("What customers should buy, and what the items' history expects, next {days}", days=i18n.days(days)),
        note=_(
            "the first {n} of {all} regions; new customers grow by {growth} against a year before; as of {day}",
            n=min(charts.DRAWN, found.rows.height),
            all=found.rows.height,
            growth=i18n.percent(found.growth - 1),
            day=i18n.date_(found.as_of),
        ),
    )
    for note in found.notes:
        st.caption(str(note))
    if st.session_state.get("check_as") != "table":
        tables.show_table(sheet, "check_rows", download=False)


def check_words(found: TwoSided) -> str:
    """How the two sides compare, and what explains the gap."""
    row = found.whole.row(0, named=True)
    values = {
        name: i18n.integer(row[name]) for name in ("forecast", "known_customers", "new_customers", "unidentified")
    }
    rest = i18n.integer(abs(row["rest"]))
    share = i18n.percent(abs(row["rest_share"] or 0), 0)
    text = _(
        "The items' history expects {forecast} units. Known customers should buy {known_customers}, new ones "
        "{new_customers}, and {unidentified} come without identity.",
        **values,
    )
    if row["rest"] >= 0:
        return text + " " + _("That leaves {rest} ({share}) that no customer explains.", rest=rest, share=share)
    return text + " " + _("That is {rest} ({share}) more than the items' history expects.", rest=rest, share=share)


def next_words(found: TwoSided) -> str:
    """Where to look first, and what may lie behind it."""
    if found.events:
        event = _(
            "{events} lies in these days: the items' forecast knows it, the model of known customers does not, so part "
            "of the gap is the event.",
            events=", ".join(found.events),
        )
        return f"{event} {first_region(found)}"
    return first_region(found)


def first_region(found: TwoSided) -> str:
    """The region where the two sides are farthest apart."""
    row = found.rows.sort(pl.col("rest").abs(), descending=True).row(0, named=True)
    rest = i18n.integer(abs(row["rest"]))
    if row["rest"] < 0:
        return _(
            "**Do this next.** Look at {region} first: its customers should buy {rest} units more than is forecast. "
            "Where a campaign lies ahead, trust the customers and order for it.",
            region=row["region"],
            rest=rest,
        )
    return _(
        "**Do this next.** Look at {region} first: {rest} units are forecast there that its customers do not explain. "
        "Where they came from one large buyer or an event gone by, set a manual value.",
        region=row["region"],
        rest=rest,
    )
