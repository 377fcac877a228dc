"""What only the merchant can say of a file: its encoding, which part of a date is the day, how much an amount is."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import streamlit as st

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.tables import ColumnGuess, chosen_as
from shopkeeper.imports.guess.values import PLAINLY, NumberForm, filled
from shopkeeper.imports.mapping.declared import SERIAL
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.shop.data import brought
from shopkeeper.shop.data.labels import COLUMNS

ENCODINGS = "_encodings"
ENCODING_NAMES = {
    "gb18030": "GB18030 · 简体中文",
    "cp1252": "Windows-1252 · Western",
    "big5": "Big5 · 繁體中文",
    "shift_jis": "Shift JIS · 日本語",
    "euc-kr": "EUC-KR · 한국어",
    "cp1250": "Windows-1250 · Central Europe",
    "cp1251": "Windows-1251 · Кириллица",
    "utf-16-le": "UTF-16",
}
WRITTEN = {
    "": "",
    "point": "1,234.50",
    "comma": "1.234,50",
    "blank": "1 234,50",
}
"""How amounts can be said to be written, where the values do not show it."""
FORMS = {
    "point": NumberForm(".", ","),
    "comma": NumberForm(",", "."),
    "blank": NumberForm(",", " "),
}


def encodings() -> dict[str, str]:
    """The encodings that were chosen in this session, by file."""
    chosen: dict[str, str] = st.session_state.setdefault(ENCODINGS, {})
    return chosen


def ask_encoding(sample: Sample, number: int) -> None:
    """Which of the texts that its bytes can be is the right one."""
    with st.container(border=True):
        st.markdown(f"**{sample.title}**")
        picked = st.radio(
            _("Which of these is written right?"),
            [name for name, _text in sample.encodings],
            index=None,
            format_func=lambda name: f"{dict(sample.encodings)[name]}  ({ENCODING_NAMES.get(name, name)})",
            key=f"bring_encoding_{number}",
        )
    if picked:
        encodings()[sample.name] = picked
        st.rerun()


def settle(sample: Sample, choice: Choice, number: int) -> Choice | None:
    """The choice with how its days and numbers are written; `None` until what is open is said."""
    columns = chosen_as(sample, choice.table, choice.columns)
    formats, numbers = dict(choice.formats), dict(choice.numbers)
    said = _written(columns, number)
    is_open = False
    for each in columns:
        if each.formats or each.column in formats:
            kept = formats.get(each.column, ())
            given = kept if len(kept) == 1 and kept[0] in each.formats else each.formats
            answer = _day(sample, each, given, number) if len(given) > 1 and SERIAL not in given else given
            is_open |= answer is None
            formats[each.column] = answer or ()
        if each.numbers:
            form = _form(sample, each, choice, number) if said is None else replace(said, strip=each.numbers[0].strip)
            is_open |= form is None
            numbers[each.column] = form or PLAINLY
    if is_open:
        return None
    chosen = {each.column for each in columns}
    return replace(
        choice,
        formats={name: patterns for name, patterns in formats.items() if patterns and name in chosen},
        numbers={name: form for name, form in numbers.items() if form != PLAINLY and name in chosen},
    )


def _written(columns: Sequence[ColumnGuess], number: int) -> NumberForm | None:
    """How the merchant says that amounts are written; `None`: as the values show it."""
    if not any(each.numbers for each in columns):
        return None
    with st.popover(_("Amounts are read wrongly?"), icon=":material/123:", type="tertiary"):
        name = st.selectbox(
            _("How are amounts written in this file?"),
            list(WRITTEN),
            format_func=lambda key: WRITTEN[key] or _("as the values show it"),
            key=f"bring_written_{number}",
        )
    return FORMS[name] if name else None


def _day(sample: Sample, column: ColumnGuess, formats: Sequence[str], number: int) -> tuple[str, ...] | None:
    """Of a day that could be a month, which it is; `None` until that is said."""
    values = filled(sample.values(column.heading))
    telling = next((value for value in values if len(_days(value, formats)) > 1), values[0])
    picked = st.radio(
        _("{column}: which day is {value}?", column=_(COLUMNS[column.column]), value=telling),
        list(formats),
        index=None,
        format_func=lambda pattern: _days(telling, (pattern,))[0],
        key=f"bring_days_{number}_{column.column}_{column.heading}",
        horizontal=True,
    )
    return (picked,) if picked else None


def _days(value: str, formats: Sequence[str]) -> list[str]:
    """The different days that a text can be, in words."""
    read = (brought.as_time(value, (pattern,)) for pattern in formats)
    return list(dict.fromkeys(i18n.date_(moment.date()) if moment else value for moment in read))


def _form(sample: Sample, column: ColumnGuess, choice: Choice, number: int) -> NumberForm | None:
    """How a column's numbers are written; `None` until it is said where they can be read in two ways."""
    if len(column.numbers) == 1:
        return column.numbers[0]
    kept = choice.numbers.get(column.column)
    if kept in column.numbers:
        return kept
    values = filled(sample.values(column.heading))
    telling = next(
        (value for value in values if len({brought.as_number(value, form) for form in column.numbers}) > 1), values[0]
    )
    picked = st.radio(
        _("{column}: how much is {value}?", column=_(COLUMNS[column.column]), value=telling),
        list(range(len(column.numbers))),
        index=None,
        format_func=lambda place: _amount(brought.as_number(telling, column.numbers[place])),
        key=f"bring_amount_{number}_{column.column}_{column.heading}",
        horizontal=True,
    )
    return None if picked is None else column.numbers[picked]


def _amount(amount: Decimal | None) -> str:
    """With as many decimals as it has."""
    exponent = amount.as_tuple().exponent if amount is not None else 0
    return i18n.number(amount, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
