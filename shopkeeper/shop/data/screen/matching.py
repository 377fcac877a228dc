"""One file's columns matched to those of the contract, guessed first and then as the merchant says."""

from dataclasses import dataclass, replace

import polars as pl
import streamlit as st

from shopkeeper import i18n
from shopkeeper.contract.tables import table
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess import headings
from shopkeeper.imports.guess.choice import Choice, choice_of, missing
from shopkeeper.imports.guess.tables import FileGuess, guess, guess_as, statuses
from shopkeeper.imports.guess.values import filled
from shopkeeper.imports.mapping.tables import PERSON_TABLES
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.shop.data import brought
from shopkeeper.shop.data.labels import COLUMNS, MEANINGS, TABLES
from shopkeeper.shop.data.screen import doubts

NOT_USED = ""
MOST_WORDS = 15


@dataclass(frozen=True)
class Matched:
    """What a file is; no choice where it is left out, or where something of it `is_open` still."""

    choice: Choice | None
    is_open: bool = False


LEFT_OUT, OPEN = Matched(None), Matched(None, is_open=True)


def draw(sample: Sample, number: int, start: Choice | None, *, alone: bool) -> Matched:
    """What the file is, as it stands after the merchant's choices.

    `start`: an earlier choice for such a file, else it is guessed; `alone`: there is no other file.
    """
    with st.container(border=True):
        st.markdown(f"**{sample.title}**")
        likeliest = guess(sample)
        first = start.table if start else (likeliest.table if likeliest.columns or alone else NOT_USED)
        names = [*headings.TABLES, NOT_USED]
        chosen = st.selectbox(
            _("What is in this file?"),
            names,
            index=names.index(first),
            format_func=lambda name: _(TABLES[name]) if name else _("Nothing to bring in"),
            key=f"bring_table_{number}_{bool(start)}",
        )
        if not chosen:
            return LEFT_OUT
        made = likeliest if chosen == likeliest.table else guess_as(sample, chosen)
        begun = start if start and start.table == chosen else choice_of(made, sample)
        if not start:
            _reasons(sample, made)
        choice = _columns(sample, begun, number)
        if lacking := missing(choice.table, choice.columns):
            st.warning(
                _(
                    "Every row needs: {columns}. Choose the column of the file that says it.",
                    columns="; ".join(_(COLUMNS[name]) for name in lacking),
                )
            )
            return OPEN
        settled = doubts.settle(sample, choice, number)
        if settled is None:
            st.info(_("Say it here to go on; nobody can tell it from the file."), icon=":material/edit:")
            return OPEN
        settled = _keys(_statuses(sample, settled, number), number)
        _first_rows(sample, settled)
        return Matched(settled)


def _reasons(sample: Sample, made: FileGuess) -> None:
    """Why the file is thought to be that table, and each column that column."""
    filled_headings = [heading for heading in sample.headings if heading.strip()]
    used = [each.heading for each in made.columns]
    unused = [heading for heading in filled_headings if heading not in used]
    st.caption(
        _(
            "{known} of {all} columns were recognised by their names and values.",
            known=i18n.integer(len(used)),
            all=i18n.integer(len(filled_headings)),
        )
        + (" " + _("Not used: {columns}.", columns=", ".join(unused)[:200]) if unused else "")
    )


def _columns(sample: Sample, start: Choice, number: int) -> Choice:
    """A choice of a heading for each column; those that every row needs, and those that are chosen, come first."""
    needed = [column.name for column in table(start.table).columns if column.required]
    first = [name for name in headings.TABLES[start.table] if name in needed or name in start.columns]
    rest = [name for name in headings.TABLES[start.table] if name not in first]
    options = [NOT_USED, *(heading for heading in sample.headings if heading.strip())]
    reasons = {each.column: str(each.reason) for each in guess_as(sample, start.table).columns}
    chosen: dict[str, str] = {}

    def choose(name: str) -> None:
        mark = " \\*" if name in needed else ""
        picked = st.selectbox(
            f"{_(COLUMNS[name])}{mark}",
            options,
            index=options.index(start.columns.get(name, NOT_USED)),
            format_func=lambda option: _example(sample, option),
            key=f"bring_{number}_{start.table}_{name}_{start.columns.get(name, NOT_USED)}",
            help=reasons.get(name),
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
    return replace(start, columns=chosen)


def _example(sample: Sample, heading: str) -> str:
    """A heading with the first of its values."""
    if not heading:
        return _("not in this file")
    values = list(dict.fromkeys(filled(sample.values(heading))))[:2]
    return f"{heading}  ({', '.join(values)[:40]})" if values else heading


def _statuses(sample: Sample, choice: Choice, number: int) -> Choice:
    """What the words of the status mean; those that nobody explains are rejected, never guessed."""
    heading = choice.columns.get("status", "")
    if choice.table != "order_lines" or not heading:
        return replace(choice, statuses={})
    words = statuses(sample, heading)
    if len(words) > MOST_WORDS:
        st.warning(
            _(
                "“{heading}” holds {n} different words, too many for a status. Choose another column, or none.",
                heading=heading,
                n=len(words),
            )
        )
        columns = {name: of_file for name, of_file in choice.columns.items() if name != "status"}
        return replace(choice, statuses={}, columns=columns)
    st.markdown(_("What do these words mean?"))
    options = ["", *MEANINGS]
    meanings = dict(choice.statuses)
    for place, (word, meaning) in enumerate(words):
        chosen = st.selectbox(
            word,
            options,
            index=options.index(choice.statuses.get(word, meaning)),
            format_func=lambda name: _(MEANINGS[name]) if name else _("not said: these rows are rejected"),
            key=f"bring_status_{number}_{place}_{word}",
        )
        meanings[word] = chosen
    return replace(choice, statuses={word: meaning for word, meaning in meanings.items() if meaning})


def _keys(choice: Choice, number: int) -> Choice:
    """Columns that say who somebody is: what is kept of them are pseudonyms, and nobody sees them again."""
    if choice.table not in PERSON_TABLES:
        return choice
    names = {"phone": _("Phones"), "email": _("E-mails"), "member": _("Member numbers")}
    options = [heading for heading in choice.headings if heading.strip()]
    keys: dict[str, tuple[str, ...]] = {}
    with st.expander(_("Who somebody is: columns with phones, e-mails or member numbers"), expanded=bool(choice.keys)):
        st.caption(
            _(
                "They link one person's accounts. Only pseudonyms of them are kept, made with a key of your own; the "
                "phone or e-mail itself is not."
            )
        )
        for column, (kind, name) in zip(st.columns(len(names)), names.items(), strict=True):
            with column:
                chosen = st.multiselect(
                    name,
                    options,
                    default=[heading for heading in choice.keys.get(kind, ()) if heading in options],
                    key=f"bring_keys_{number}_{choice.table}_{kind}",
                    placeholder=_("none"),
                    select_all=False,
                )
            if chosen:
                keys[kind] = tuple(chosen)
    return replace(choice, keys=keys)


def _first_rows(sample: Sample, choice: Choice) -> None:
    """The first rows as they will be read: days written out, numbers as this language writes them."""
    rows = brought.preview(sample, choice)
    st.caption(_("The first rows, as they will be read. Are days and amounts right?"))
    frame = pl.DataFrame([{_(COLUMNS[name]): brought.shown(value) for name, value in row.items()} for row in rows])
    st.dataframe(frame.to_arrow(), hide_index=True, height="content")
