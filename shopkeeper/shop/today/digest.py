"""Today as text, JSON and HTML: for cron, mail and programs. All hold the same figures and actions."""

import json
from datetime import date
from html import escape
from typing import Any

import polars as pl

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.i18n import ngettext
from shopkeeper.lake.version import Version
from shopkeeper.shop.today import words
from shopkeeper.shop.today.actions import Action, Actions
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.targets import Plan
from shopkeeper.shop.today.why import Why

FIGURE = ("value", "base", "change", "change_share")


def as_data(
    version: Version,
    today: Today,
    figures: pl.DataFrame,
    actions: Actions,
    plan: Plan,
    made: Why,
    address: str = "",
) -> dict[str, Any]:
    """What JSON holds; amounts in shop currency as the pages have them, days as ISO, shares of 1.

    `address` is the server's, put before each link.
    """
    return {
        "shop": version.shop.name,
        "currency": version.shop.currency,
        "version": version.id,
        "as_of": today.as_of.isoformat(),
        "days": [_iso(today.compared.now.first), _iso(today.compared.now.last)],
        "base_days": [_iso(today.compared.base.first), _iso(today.compared.base.last)] if today.compared.base else None,
        "headline": words.headline(today, version.shop.currency),
        "figures": {row["figure"]: {name: row[name] for name in FIGURE} for row in figures.to_dicts()},
        "why": made.rows.to_dicts(),
        "targets": [row | {"starts_on": _iso(row["starts_on"])} for row in plan.rows.to_dicts()],
        "actions": [_action(each, address) | {"material": each in actions.first} for each in actions.all],
        "material_from": actions.material_from,
        "awaited": list(actions.awaited),
    }


def _action(action: Action, address: str) -> dict[str, Any]:
    return {
        "kind": action.kind,
        "text": str(action.text),
        "amount": action.amount,
        "low": action.low,
        "high": action.high,
        "horizon_days": action.horizon_days,
        "page": action.page,
        "url": address + action.url,
    }


def _iso(day: date) -> str:
    return day.isoformat()


def as_json(data: dict[str, Any]) -> str:
    """Readable by people too."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def as_text(
    version: Version, today: Today, figures: pl.DataFrame, actions: Actions, plan: Plan, address: str = ""
) -> str:
    """Plain lines."""
    currency = version.shop.currency
    lines = [
        title(version, today),
        words.headline(today, currency),
        "",
        *(f"  {name}: {shown}  {change}".rstrip() for name, shown, change in figure_lines(today, figures, currency)),
        *(f"  {line}" for line in target_lines(plan, currency)),
        *(f"  {note}" for note in today.notes),
        "",
        _("To do"),
    ]
    for action in actions.first:
        money = i18n.compact_money(action.amount, currency)
        amount = "" if action.amount is None else f"{money} {about_words(action, currency)}: "
        lines.append(f"  - {amount}{action.text} {address}{action.url}")
    if not actions.first:
        lines.append(f"  {_('Nothing of weight has to be done.')}")
    lines += [f"  {line}" for line in after_words(actions)]
    return "\n".join(lines) + "\n"


def as_html(
    version: Version, today: Today, figures: pl.DataFrame, actions: Actions, plan: Plan, address: str = ""
) -> str:
    """A page that needs nothing else, for mail."""
    currency, style = version.shop.currency, "font-family:sans-serif;max-width:44em"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td align='right'><b>{escape(shown)}</b></td>"
        f"<td align='right'>{escape(change)}</td></tr>"
        for name, shown, change in figure_lines(today, figures, currency)
    )
    items = "".join(
        f"<li><b>{escape(i18n.compact_money(action.amount, currency))}</b> {escape(about_words(action, currency))}<br>"
        f"{_linked(action, address)}</li>"
        for action in actions.first
    )
    planned = "".join(f"<p>{escape(line)}</p>" for line in target_lines(plan, currency))
    notes = "".join(f"<p><small>{escape(line)}</small></p>" for line in (*map(str, today.notes), *after_words(actions)))
    name = title(version, today)
    nothing = f"<p>{escape(_('Nothing of weight has to be done.'))}</p>"
    return (
        f"<!doctype html><html lang='{i18n.language().replace('_', '-')}'><head><meta charset='utf-8'>"
        f"<title>{escape(name)}</title></head><body style='{style}'><p>{escape(name)}</p>"
        f"<h1>{escape(words.headline(today, currency))}</h1><table cellpadding='4'>{rows}</table>{planned}"
        f"<h2>{escape(_('To do'))}</h2>{f'<ol>{items}</ol>' if items else nothing}{notes}</body></html>\n"
    )


def _linked(action: Action, address: str) -> str:
    """The action's sentence; a link only where the server is named: a letter has no page that it could start from."""
    text = escape(str(action.text))
    return f"<a href='{escape(address + action.url, quote=True)}'>{text}</a>" if address else text


def title(version: Version, today: Today) -> str:
    """Whose figures, as of which day."""
    return f"{version.shop.name} · {_('As of {day}', day=i18n.date_(today.as_of))}"


def figure_lines(today: Today, figures: pl.DataFrame, currency: str) -> list[tuple[str, str, str]]:
    """Each figure's name, value and change, in words."""
    return [
        (
            words.figure_label(row["figure"]),
            words.value(row["figure"], row["value"], currency),
            ""
            if row["figure"] in {"stock_value", "cover_days"}
            else words.change_words(today, row["figure"], currency),
        )
        for row in figures.to_dicts()
    ]


def target_lines(plan: Plan, currency: str) -> list[str]:
    """Each target, in words."""
    return [words.target_words(row, currency) for row in plan.rows.to_dicts()]


def about_words(action: Action, currency: str) -> str:
    """What the amount is, over which days, between which bounds."""
    parts = (words.amount_words(action), words.horizon_words(action), words.interval_words(action, currency))
    return ", ".join(part for part in parts if part)


def after_words(actions: Actions) -> list[str]:
    """What is not among the first: the smaller ones, and what is still missing."""
    smaller = [ngettext("{n} smaller", "{n} smaller", len(actions.smaller))] if actions.smaller else []
    return [*smaller, *(words.awaited_words(part, "missing") for part in actions.awaited)]
