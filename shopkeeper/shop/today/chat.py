"""Today as a message of a group chat: as much as the platform takes, the largest actions first."""

import polars as pl

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.lake.version import Version
from shopkeeper.sending.webhook import Form
from shopkeeper.shop.today import words
from shopkeeper.shop.today.actions import Action, Actions
from shopkeeper.shop.today.digest import about_words, after_words, figure_lines, target_lines, title
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.targets import Plan


def as_chat(
    version: Version, today: Today, figures: pl.DataFrame, actions: Actions, plan: Plan, form: Form, address: str = ""
) -> str:
    """Headline, figures, then actions while they fit; what does not is counted. Links only where `address` is known."""
    currency = version.shop.currency
    head = [
        form.bold(title(version, today)),
        form.text(words.headline(today, currency)),
        *(
            form.text(f"{name}: {shown}  {change}".rstrip())
            for name, shown, change in figure_lines(today, figures, currency)
        ),
        *(form.text(line) for line in target_lines(plan, currency)),
        form.bold(_("To do")),
    ]
    items = [f"- {_item(action, currency, form, address)}" for action in actions.first]
    if not items:
        head.append(form.text(_("Nothing of weight has to be done.")))
    after = [form.text(line) for line in after_words(actions)]
    for kept in range(len(items), -1, -1):
        left = len(items) - kept
        more = [ngettext("{n} more is on the page.", "{n} more are on the page.", left)] if left else []
        content = form.line.join([*head, *items[:kept], *more, *after])
        if form.fits(content):
            return content
    return _cut(form.line.join(head), form)


def _item(action: Action, currency: str, form: Form, address: str) -> str:
    what = form.link(str(action.text), address + action.url) if address else form.text(str(action.text))
    if action.amount is None:
        return what
    amount = form.bold(i18n.compact_money(action.amount, currency))
    return f"{amount} {form.text(about_words(action, currency))}: {what}"


def _cut(content: str, form: Form) -> str:
    """A head that alone is too long, by whole characters."""
    while not form.fits(content + "…"):
        content = content[: max(len(content) * 9 // 10, 0)]
    return content + "…"
