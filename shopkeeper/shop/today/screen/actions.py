"""What needs doing, in money order: each with its amount, the way to its page, and what the viewer says of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from shopkeeper import i18n, state
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.screen.model import fitted
from shopkeeper.engine.choices import Choices
from shopkeeper.errors import Refused
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.jobs import making
from shopkeeper.merchant.action_marks import ActionMark, Mark
from shopkeeper.models.buying.stages import StageRules
from shopkeeper.progress import Progress
from shopkeeper.shop.today import sources, table, words
from shopkeeper.shop.today.actions import Action, Actions, actions
from shopkeeper.shop.today.marked import put_aside
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.rules import LATER_DAYS, Part
from shopkeeper.shop.today.sources import Reports
from shopkeeper.shop.today.targets import Plan
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.materiality import material_from
from shopkeeper.supply.screen.in_force import in_force
from shopkeeper.ui import links, session, tables
from shopkeeper.ui.actions import open_page
from shopkeeper.ui.figures import money, shop_currency
from shopkeeper.ui.opened import load, opened
from shopkeeper.ui.state import AUTHOR, ask_author, held, signed_in
from shopkeeper.ui.waiting import SECONDS

PATHS: Mapping[str, str] = {
    "churn_risk": links.CHURN_RISK,
    "coverage": links.COVERAGE,
    "replenishment": links.REPLENISHMENT,
    "data": links.DATA,
}
FILTERS: Mapping[str, type[Choices]] = {
    "churn_risk": CustomerFilters,
    "coverage": GoodsFilters,
    "replenishment": GoodsFilters,
}
LOOKED = "_today_looked"
SHARES = (1, 3)
"""Of the width: the amount, and what stands beside it; on a phone one below the other."""


def load_reports() -> Reports:
    """The reports of the other pages, with a bar while they are made for the first time."""
    now, place = opened(), st.empty()
    today = datetime.now(ZoneInfo(now.version.shop.timezone)).date()

    def tell(step: str, share: float) -> None:
        place.progress(share, text=_("Looking through the pages: {step}", step=_(step)))

    try:
        return sources.read(
            load, fitted(), in_force(), today, has_forecast=now.forecast is not None, progress=Progress(tell)
        )
    finally:
        place.empty()


def listed(today: Today, reports: Reports, plan: Plan) -> Actions:
    """All actions of the version."""
    policy, sample = in_force().policy, opened().version.shop.sample
    least = load(material_from, policy)
    return actions(reports, today.events, today.as_of, least, plan, sample=sample, materiality=policy.materiality)


def draw_actions(today: Today, all_actions: Actions) -> None:
    """First what is worth telling; below it what is smaller, what was put aside, and what is still at work."""
    name = _head(all_actions)
    marks = _marks(name)
    aside = put_aside(all_actions.all, marks, today.as_of)
    new = _new(today, all_actions, name)
    first = [each for each in all_actions.first if each.key not in aside]
    for action in first:
        with st.container(border=True):
            _draw_action(today, action, name, is_new=action.key in new)
    if not first and not all_actions.awaited:
        st.info(_("Nothing of weight has to be done."))
    smaller = [each for each in all_actions.smaller if each.key not in aside]
    if smaller:
        least = money(all_actions.material_from)
        with st.expander(
            ngettext("{n} smaller, below {least}", "{n} smaller, below {least}", len(smaller), least=least)
        ):
            for action in smaller:
                _draw_action(today, action, name, is_new=action.key in new)
    if aside:
        _draw_aside(today, [each for each in all_actions.all if each.key in aside], aside, name)
    for part in all_actions.awaited:
        _draw_awaited(part)


def _head(all_actions: Actions) -> str:
    """The heading, who is looking, and the list as a file; gives the name."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"##### {_('To do, the largest amount first')}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            name = signed_in() or str(st.session_state.get(AUTHOR, "")).strip()
            with st.popover(name or _("Who is looking?"), icon=":material/person:", type="tertiary"):
                name = ask_author().strip()
                st.caption(_("What you mark as done, later or not for you is kept under your name."))
            sheet = table.actions(opened().version, all_actions.all, all_actions.smaller)
            tables.download_menu(sheet, "today_actions")
    return name


def _marks(name: str) -> tuple[ActionMark, ...]:
    try:
        return state.action_marks(held(), name) if name else ()
    except Refused as refusal:
        session.notice(str(refusal))
        return ()


def _new(today: Today, all_actions: Actions, name: str) -> frozenset[str]:
    """Keys of what was not there when the viewer last looked at older data; read once in a session."""
    if not name or (all_actions.awaited and "stock" not in all_actions.awaited):
        return frozenset()
    keys = tuple(each.key for each in all_actions.all)
    seen = st.session_state.setdefault(LOOKED, {})
    if (name, today.as_of) not in seen:
        try:
            seen[name, today.as_of] = state.look(held(), name, today.as_of, keys)
        except Refused:
            # A state that cannot be written: nothing is known of what was seen.
            seen[name, today.as_of] = None
    before = seen[name, today.as_of]
    return frozenset() if before is None else frozenset(keys) - before


def _draw_action(today: Today, action: Action, name: str, *, is_new: bool) -> None:
    amount, beside = st.columns(SHARES, vertical_alignment="center")
    with amount:
        about = " · ".join(filter(None, (words.amount_words(action), words.horizon_words(action))))
        if action.amount is None:
            st.metric(words.title(action), words.horizon_words(action) or i18n.MISSING)
        else:
            has_interval = action.low is not None and action.high is not None
            said = words.interval_words(action, shop_currency())
            interval, help_ = (said, None) if has_interval else (None, said)
            st.metric(about, money(action.amount), interval, delta_color="off", delta_arrow="off", help=help_)
    with beside:
        badge = f":blue-badge[{_('New')}] " if is_new else ""
        st.markdown(f"{badge}**{words.title(action)}.** {action.text}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if action.page in PATHS:
                label = _("Open {page}", page=_(words.PAGES[action.page]))
                path, key = PATHS[action.page], f"open_{action.key}"
                open_page(label, path, key, ":material/arrow_forward:", choices=choices_of(action))
            else:
                st.caption(_("See the targets on this page."), width="content")
            _draw_marks(today, action, name)


def choices_of(action: Action) -> dict[str, object]:
    """The view that the action speaks of: the whole shop, and what its rule chooses."""
    kind = FILTERS.get(action.page)
    whole: dict[str, object] = {}
    if kind:
        whole |= {name: None if name in kind.DATES else [] for name in (*kind.CHOICES, *kind.DATES)}
    if action.page == "churn_risk":
        rules = StageRules()
        whole |= {"fitted_by": "shop", **{name: getattr(rules, name) for name in rules.__dataclass_fields__}}
    return whole | dict(action.choices)


def _mark_names() -> dict[Mark, str]:
    return {
        "done": _("Done"),
        "later": _("Later, in {days}", days=i18n.days(LATER_DAYS)),
        "not_for_me": _("Not for me"),
    }


def _draw_marks(today: Today, action: Action, name: str) -> None:
    names = _mark_names()
    mark = st.menu_button(
        _("Done or later"),
        list(names),
        key=f"mark_{action.key}",
        format_func=names.__getitem__,
        icon=":material/check:",
        type="tertiary",
        disabled=not name,
        help=None if name else _("Say who is looking first: the button stands above the list."),
    )
    if mark:
        state.mark_action(held(), name, action.key, mark, today.as_of)
        st.rerun()


def _draw_aside(today: Today, actions_aside: Sequence[Action], marks: Mapping[str, ActionMark], name: str) -> None:
    """What the viewer put away, and the way back."""
    names = _mark_names()
    with st.expander(ngettext("{n} put aside", "{n} put aside", len(actions_aside))):
        for action in actions_aside:
            mark = marks[action.key]
            with st.container(horizontal=True, vertical_alignment="center"):
                said = f"{names[mark.mark]} · {i18n.date_(mark.as_of)}"
                st.markdown(f"**{words.title(action)}.** {action.text} {said}")
                if st.button(_("Put back"), key=f"back_{action.key}", icon=":material/undo:", type="tertiary"):
                    state.mark_action(held(), name, action.key, "open", today.as_of)
                    st.rerun()


def _draw_awaited(part: Part) -> None:
    """What is not there yet; the page comes alive by itself where it is being made."""
    if part != "stock" and making.awaited(opened().version, part) is not None:
        _draw_at_work(part)
    else:
        st.caption(words.awaited_words(part, "missing"))


@st.fragment(run_every=SECONDS)
def _draw_at_work(part: Part) -> None:
    session.speak()
    work = making.awaited(opened().version, part)  # type: ignore[arg-type]
    if work is None:
        st.rerun()
    st.progress(min(max(work.share, 0.0), 1.0), text=words.awaited_words(part, "at_work"))
