"""Today as tables and files."""

from collections.abc import Sequence

import polars as pl

from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version
from shopkeeper.shop.today import words
from shopkeeper.shop.today.actions import Action, frame
from shopkeeper.shop.today.contributions import By
from shopkeeper.shop.today.frames import ACTIONS, CONTRIBUTIONS, FIGURES, PLAN, WHY
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.rules import RULES
from shopkeeper.shop.today.targets import Plan
from shopkeeper.shop.today.why import Why

MONEY = ("revenue", "margin", "average_order")


def dimensions() -> dict[By, str]:
    """What a change can be divided by."""
    return {"channel": _("Channel"), "region": _("Region"), "category": _("Category")}


def caption(today: Today) -> tuple[tuple[str, str], ...]:
    """Which days, against which."""
    return ((_("Days"), words.days_words(today)),)


def figures(version: Version, today: Today, rows: pl.DataFrame) -> Download:
    """The headline figures."""
    named = rows.drop("weeks").with_columns(
        pl.Series("figure", [words.figure_label(name) for name in rows["figure"]], dtype=pl.String)
    )
    return download(
        version,
        "today",
        _("Headline figures"),
        named,
        FIGURES.labelled(named.columns),
        caption=caption(today),
        words=(today.options.period, today.options.against),
        terms=[words.MEASURES[name] for name in rows["figure"]],
    )


def contributions(version: Version, today: Today, figure: str, by: By, parts: pl.DataFrame) -> Download:
    """What each part added to the change of a figure."""
    kind = "money" if figure in MONEY else "integer"
    values = ("value", "base", "change")
    columns = [
        column.labelled(dimensions()[by])
        if column.name == "part"
        else column.labelled(column.label, kind)  # type: ignore[arg-type]
        if column.name in values
        else column
        for column in CONTRIBUTIONS.columns
    ]
    return download(
        version,
        "today-contributions",
        _("{figure} by {part}", figure=words.figure_label(figure), part=dimensions()[by]),
        parts,
        columns,
        caption=caption(today),
        words=(figure, by),
        terms=(words.MEASURES[figure], "contribution"),
    )


def actions(version: Version, these: Sequence[Action], small: Sequence[Action]) -> Download:
    """Every action, the largest amount first."""
    rows = frame(these, small)
    named = rows.with_columns(
        pl.col("kind").replace({name: _(rule.title) for name, rule in RULES.items()}),
        pl.col("page").replace({name: _(title) for name, title in words.PAGES.items()}),
    )
    return download(version, "today-actions", _("To do"), named, ACTIONS.labelled(), terms=("smaller_actions",))


def targets(version: Version, plan: Plan) -> Download:
    """Plan, actual, run rate and gap of every target of the month and the year."""
    rows = plan.rows.to_dicts()
    named = plan.rows.with_columns(
        pl.Series("figure", [words.figure_label(row["figure"]) for row in rows], dtype=pl.String),
        pl.Series("period", [words.period_of(row["period"], row["starts_on"]) for row in rows], dtype=pl.String),
        pl.Series("rule", [words.rule_words(row["rule"]) for row in rows], dtype=pl.String),
    )
    columns = PLAN.labelled([name for name in PLAN.names if name != "starts_on"])
    return download(version, "today-targets", _("Targets"), named, columns, terms=("run_rate", "target_gap"))


def why(version: Version, today: Today, made: Why) -> Download:
    """The causes of the changes of net revenue and the average order."""
    named = made.rows.with_columns(
        pl.Series("figure", [words.figure_label(name) for name in made.rows["figure"]], dtype=pl.String),
        pl.Series("cause", [_(words.CAUSES[name]) for name in made.rows["cause"]], dtype=pl.String),
    )
    title = _("Why did this change?")
    return download(version, "today-why", title, named, WHY.labelled(), caption=caption(today), terms=("causes",))
