"""The Identity page: the answer, what to do, and the views behind it."""

import polars as pl
import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.customers.identity import report as identity_report
from shopkeeper.customers.identity import table
from shopkeeper.customers.identity.chart import coverage_lines
from shopkeeper.customers.identity.report import Identity
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.spellings import spellings_to_look_up
from shopkeeper.merchant.identity_links import IdentityLink
from shopkeeper.messages import Message, message
from shopkeeper.ui import session, tables
from shopkeeper.ui.actions import do_next
from shopkeeper.ui.figures import money
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.state import ask_author, held

PERSON = "identity_person"
DEFINITIONS = ("as_of", "identified_order_share")


def draw_answer(identity: Identity) -> None:
    """How many persons the accounts are, in money first."""
    if identity.linked_revenue > 0:
        answer = _(
            "{amount} of net revenue came from accounts of people whom the shop knew already: {accounts} accounts are "
            "{persons} persons.",
            amount=money(identity.linked_revenue),
            accounts=i18n.integer(identity.accounts),
            persons=i18n.integer(identity.persons),
        )
    elif not identity.accounts:
        answer = _("No order names its buyer, so nobody is known when coming back.")
    else:
        answer = _(
            "Each of the {accounts} accounts is a person of its own: no key is shared by two of them.",
            accounts=i18n.integer(identity.accounts),
        )
    st.markdown(f"#### {answer}")
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Persons"), i18n.integer(identity.persons), border=True)
        st.metric(_("Accounts and guests"), i18n.integer(identity.accounts), border=True)
        st.metric(
            _("Guest orders linked"),
            i18n.integer(identity.linked_guest_orders),
            border=True,
            help=_(
                "Of {n} orders with a phone or an e-mail only, so many are of people with another account too.",
                n=i18n.integer(identity.guest_orders),
            ),
        )
        if identity.identified_share is not None:
            st.metric(_("Orders with a buyer"), i18n.percent(identity.identified_share), border=True)
    st.caption(_("As of {day}, over the whole history.", day=i18n.date_(identity.as_of)))


def draw_action(identity: Identity) -> None:
    """Where asking for a phone or an e-mail would tell most."""
    gap = identity.gap
    if gap is None:
        return
    figures = {
        "months": i18n.integer(identity.months),
        "orders": i18n.integer(gap.orders),
        "share": i18n.percent(gap.share),
        "amount": money(gap.revenue),
    }
    # Where nobody is known there are no persons by channel, but orders that name none.
    unnamed_alone = identity.coverage["channel"].unique().to_list() == ["(none)"]
    if identity.channels.height == 1 or unnamed_alone:
        what = _(
            "Ask for a phone or a member number at the checkout: over the last {months} closed months {orders} orders "
            "({share}) had no buyer. They brought {amount} that no page can follow up.",
            **figures,
        )
    elif gap.channel == "(none)":
        what = _(
            "Ask for a phone or a member number at the checkout: over the last {months} closed months {orders} orders "
            "({share} of those that name no channel) had no buyer. They brought {amount} that no page can follow up.",
            **figures,
        )
    else:
        what = _(
            "Ask for a phone or a member number at {channel}: over the last {months} closed months {orders} of its "
            "orders ({share}) had no buyer. They brought {amount} that no page can follow up.",
            channel=gap.channel,
            **figures,
        )
    with do_next(what):
        pass


def choose_view() -> str:
    """Which part of the page is shown."""
    views = {
        "channels": _("Channels and keys"),
        "coverage": _("Over time"),
        "groups": _("Largest persons"),
        "person": _("One person"),
        "levels": _("Other linking"),
        "links": _("Links by hand"),
    }
    return session.choose(_("Show"), views, "identity_view", "channels")


def draw_channels(identity: Identity) -> None:
    """By channel, and by kind of key."""
    version = opened().version
    st.markdown(f"##### {_('Persons and accounts by channel')}")
    if identity.channels.is_empty():
        st.info(_("No order names its buyer, so there are no persons and accounts to count."))
    else:
        tables.show_table(table.channels(version, identity), "identity_channels", words=[_channel()])
        st.caption(_("A person counts on each channel it ordered on, so that persons do not add up over channels."))
    st.markdown(f"##### {_('What links accounts')}")
    if identity.kinds.is_empty():
        st.info(
            _(
                "No phone, e-mail or member number came with the data. Name their columns under `keys` in the mapping, "
                "or bring a table `identities`; then the same people are known on all channels."
            )
        )
        return
    tables.show_table(table.kinds(version, identity), "identity_kinds")
    st.caption(
        _(
            "One shared phone, e-mail, member or customer number makes one person. Names, birth dates, postcodes, "
            "addresses and devices are kept, and link nobody here: the figures on all pages rest on strong keys alone. "
            "A key of too many accounts, such as a till's phone, links nobody."
        )
    )


def draw_levels(identity: Identity) -> None:
    """What the other pages would say under stricter and looser linking."""
    st.markdown(f"##### {_('The customer pages under other linking')}")
    if identity.levels.is_empty():
        st.info(_("Not made yet: run `python -m shopkeeper fit`, or fit on the page Churn risk."))
        return
    tables.show_table(table.levels(opened().version, identity), "identity_levels")
    low, high = identity.levels["repeat_share"].min(), identity.levels["repeat_share"].max()
    st.caption(
        _(
            "All pages use standard linking. Between strict and loose, the share that bought again runs from {low} to "
            "{high}: a figure that moves much rests on how well people are known.",
            low=i18n.percent(float(low)),  # type: ignore[arg-type]
            high=i18n.percent(float(high)),  # type: ignore[arg-type]
        )
    )


def draw_coverage(identity: Identity) -> None:
    """Whose orders are known, month by month."""
    note = _("share of each channel's orders · the six largest channels are drawn; table and files have all")
    sheet = table.coverage(opened().version, identity)
    tables.show_chart(lambda **_dark: coverage_lines(identity.coverage), sheet, "identity_coverage", note=note)


def draw_groups(identity: Identity) -> None:
    """The largest persons and the most shared keys, where a wrong link shows first."""
    version = opened().version
    st.markdown(f"##### {_('Persons with most accounts')}")
    if identity.groups.is_empty():
        st.info(_("No person has several accounts."))
    else:
        tables.show_table(table.groups(version, identity), "identity_groups", first=100)
        st.caption(
            _(
                "Does one of them look like several people? Look at its accounts under “One person”, and cut it under "
                "“Links by hand”. No person has more than 30 accounts: more fall apart along their weakest keys."
            )
        )
    if not identity.shared_keys.is_empty():
        st.markdown(f"##### {_('Keys that most accounts share')}")
        tables.show_table(table.shared_keys(version, identity), "identity_shared_keys", first=50)


def draw_person() -> None:
    """The accounts of one person, by any of their names."""
    if (link_values := session.linked(PERSON)) is not None:
        session.keep(PERSON, link_values[-1])
    session.keep(PERSON, st.session_state.get(PERSON, ""))
    name = str(st.text_input(_("Account or customer number, phone or e-mail"), key=PERSON, max_chars=200)).strip()
    called = spellings_to_look_up(name, opened().version)
    # A phone stays out of the page's address, which browsers and proxies keep.
    session.remember(PERSON, [name] if name and not called.contacts else [])
    if not name:
        st.caption(
            _(
                "Write an account as it stands in the lists of the other pages, or a phone or e-mail: it is turned "
                "into its pseudonym, and kept nowhere."
            )
        )
        return
    accounts = load(identity_report.accounts_called, called)
    if accounts.is_empty():
        st.warning(_("No account with an order is called “{name}”.", name=name))
        return
    if (persons := accounts["person_id"].n_unique()) > 1:
        st.info(
            _("{n} persons have this as a key; it is shared by too many to make them one.", n=i18n.integer(persons))
        )
    sentence = i18n.ngettext(
        "**{n}** account, {amount} of net revenue.",
        "**{n}** accounts, {amount} of net revenue together.",
        accounts.height,
        amount=money(float(accounts["revenue"].sum())),
    )
    st.markdown(sentence)
    sheet = table.accounts(opened().version, accounts)
    tables.show_table(sheet, "identity_accounts", words=[_channel()])


def draw_links() -> None:
    """Links and cuts that people set: those in force, and a form for another one."""
    app_state = held()
    links = state.identity_links(app_state)
    st.caption(
        _(
            "Set by hand, kept with name and reason, and applied at the next publication: with the next import, or at "
            "once by `python -m shopkeeper relink`."
        )
    )
    author = ask_author()
    for link in links:
        _draw_link(app_state, link, author)
    if not links:
        st.info(_("Nothing was set by hand: the keys alone decide."))
    with st.form("identity_link", clear_on_submit=True):
        one = st.text_input(_("Account"), max_chars=200)
        other = st.text_input(_("Other account"), max_chars=200)
        kinds = {True: _("are one person"), False: _("are not one person")}
        is_link = st.radio(_("They"), [True, False], format_func=kinds.__getitem__, horizontal=True)
        reason = st.text_input(_("Why"), max_chars=state.LONGEST)
        if st.form_submit_button(_("Keep"), icon=":material/save:"):
            try:
                # Neither a slip of the pen nor somebody's phone is kept as an account.
                for name in (one.strip(), other.strip()):
                    if name and load(identity_report.accounts, (name,)).is_empty():
                        raise Refused(_no_account(name))
                state.add_identity_link(
                    app_state, account_id=one, other_id=other, is_link=bool(is_link), author=author, reason=reason
                )
                st.rerun()
            except Refused as refused:
                st.error(str(refused))


def _no_account(name: str) -> Message:
    return message("No account with an order is called “{name}”. Write it as the lists of this page do.", name=name)


def _draw_link(app_state: state.State, link: IdentityLink, author: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        text = (
            _("{one} and {other} are one person.", one=f"`{link.account_id}`", other=f"`{link.other_id}`")
            if link.is_link
            else _("{one} and {other} are not one person.", one=f"`{link.account_id}`", other=f"`{link.other_id}`")
        )
        st.markdown(f"{text}  \n{link.reason} · {link.author} · {i18n.date_(link.made_at.date())}")
        if st.button(_("Withdraw"), key=f"withdraw_{link.id}", icon=":material/undo:"):
            try:
                state.withdraw_identity_link(app_state, link.id, author=author)
                st.rerun()
            except Refused as refused:
                st.error(str(refused))


def _channel() -> pl.Expr:
    return pl.col("channel").replace({"(none)": _("(none)")})
