"""One file's columns matched to those of the contract, guessed first and then as the merchant says."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.contract.tables import table
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.tables import PRICE, FileGuess, guess, guess_as, statuses
from shopkeeper.imports.guess.values import day_formats, filled
from shopkeeper.imports.guess.written import Choice, choice_of
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.shop.data import brought
from shopkeeper.shop.data.labels import COLUMNS, MEANINGS, TABLES

NOT_USED = ""
MOST_WORDS = 15


def draw(sample: Sample, number: int) -> Choice | None:
    """What the file is, as it stands after the merchant's choices; `None` where it is left out or not yet whole."""
    first = guess(sample)
    with st.container(border=True):
        st.markdown(f"**{sample.name}**")
        names = [*headings.TABLES, NOT_USED]
        chosen = st.selectbox(
            _("What is in this file?"),
            names,
            index=names.index(first.table),
            format_func=lambda name: _(TABLES[name]) if name else _("Nothing to bring in"),
            key=f"bring_table_{number}",
        )
        if not chosen:
            return None
        made = first if chosen == first.table else guess_as(sample, chosen)
        choice = _columns(sample, made, number)
        if missing := _missing(choice):
            st.warning(
                _(
                    "Every row needs: {columns}. Choose the column of the file that says it.",
                    columns=", ".join(_(COLUMNS[name]) for name in missing),
                )
            )
        choice = _days(sample, choice, number)
        choice = _statuses(sample, choice, number)
        if not missing:
            _first_rows(sample, choice)
        return None if missing else choice


def _columns(sample: Sample, made: FileGuess, number: int) -> Choice:
    """A choice of a heading for each column; those that every row needs, and those that were guessed, come first."""
    needed = [column.name for column in table(made.table).columns if column.required]
    guessed = {each.column: each for each in made.columns}
    first = [name for name in headings.TABLES[made.table] if name in needed or name in guessed]
    rest = [name for name in headings.TABLES[made.table] if name not in first]
    options = [NOT_USED, *(heading for heading in sample.headings if heading.strip())]
    chosen: dict[str, str] = {}

    def choose(name: str) -> None:
        heading = guessed[name].heading if name in guessed else NOT_USED
        mark = " \\*" if name in needed else ""
        picked = st.selectbox(
            f"{_(COLUMNS[name])}{mark}",
            options,
            index=options.index(heading),
            format_func=lambda option: _example(sample, option),
            key=f"bring_{number}_{made.table}_{name}",
            help=str(guessed[name].reason) if name in guessed else None,
        )
        if picked:
            chosen[name] = picked

    with st.container(key=f"bring_columns_{number}"):
        left, right = st.columns(2)
        for place, name in enumerate(first):
            with (left, right)[place % 2]:
                choose(name)
    if rest:
        with st.expander(_("More columns that can be used")):
            for name in rest:
                choose(name)
    return replace(choice_of(made), columns=chosen)


def _example(sample: Sample, heading: str) -> str:
    """A heading with the first of its values."""
    if not heading:
        return _("not in this file")
    values = list(dict.fromkeys(filled(sample.values(heading))))[:2]
    return f"{heading}  ({', '.join(values)[:40]})" if values else heading


def _missing(choice: Choice) -> list[str]:
    missing = [
        column.name for column in table(choice.table).columns if column.required and column.name not in choice.columns
    ]
    if "net_amount" in missing and {PRICE, "quantity"} <= set(choice.columns):
        missing.remove("net_amount")
    return missing


def _days(sample: Sample, choice: Choice, number: int) -> Choice:
    """Of a day that could be a month, the merchant says which it is."""
    kinds = {column.name: column.type for column in table(choice.table).columns}
    times = [name for name in choice.columns if kinds.get(name) in ("TIMESTAMP", "DATE")]
    if not times:
        return choice
    values = filled(sample.values(choice.columns[times[0]]))
    formats = day_formats(values)
    if not formats or len(formats) == 1:
        return replace(choice, formats=formats or ())
    picked = st.radio(
        _("Which day is {value}?", value=values[0]),
        list(formats),
        format_func=lambda pattern: (
            i18n.date_(moment.date()) if (moment := brought.as_time(values[0], (pattern,))) else pattern
        ),
        key=f"bring_days_{number}",
        horizontal=True,
    )
    return replace(choice, formats=(picked,))


def _statuses(sample: Sample, choice: Choice, number: int) -> Choice:
    """What the words of the status mean; those that nobody explains are rejected, never guessed."""
    if "status" not in choice.columns:
        return replace(choice, statuses=None)
    words = statuses(sample, choice.columns["status"])
    if len(words) > MOST_WORDS:
        st.warning(
            _(
                "“{heading}” holds {n} different words, too many for a status. Choose another column, or none.",
                heading=choice.columns["status"],
                n=len(words),
            )
        )
        return replace(choice, statuses=None, columns={k: v for k, v in choice.columns.items() if k != "status"})
    meanings: dict[str, str] = {}
    st.markdown(_("What do these words mean?"))
    options = ["", *MEANINGS]
    for place, (word, meaning) in enumerate(words):
        meanings[word] = st.selectbox(
            word,
            options,
            index=options.index(meaning),
            format_func=lambda name: _(MEANINGS[name]) if name else _("not said: these rows are rejected"),
            key=f"bring_status_{number}_{place}",
        )
    return replace(choice, statuses=meanings)


def _first_rows(sample: Sample, choice: Choice) -> None:
    """The first rows as they will be read: days written out, numbers as this language writes them."""
    rows = brought.preview(sample, choice)
    st.caption(_("The first rows, as they will be read. Are days and amounts right?"))
    frame = pl.DataFrame([{_(COLUMNS[name]): _shown(value) for name, value in row.items()} for row in rows])
    st.dataframe(frame.to_arrow(), hide_index=True, height="content")


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            clock = f" {value:%H:%M}" if (value.hour, value.minute) != (0, 0) else ""
            return f"{i18n.date_(value.date())}{clock}"
        case Decimal():
            return i18n.integer(int(value)) if value.as_tuple().exponent == 0 else i18n.number(value)
        case _:
            return str(value)
