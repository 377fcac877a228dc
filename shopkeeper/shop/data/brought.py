"""What a person is shown before files are imported: values as they will be read, and what each page will have."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from shopkeeper import i18n
from shopkeeper.imports.checks.expressions import FIRST_SERIAL
from shopkeeper.imports.guess.choice import Choice
from shopkeeper.imports.guess.tables import is_number, is_time, kind_of
from shopkeeper.imports.guess.values import SERIAL_DAY, NumberForm, without_marks
from shopkeeper.imports.mapping.declared import SERIAL
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial

PREVIEWED = 5


def preview(sample: Sample, choice: Choice) -> tuple[Mapping[str, str | datetime | Decimal | None], ...]:
    """The first rows by column of the contract, each value as the choice reads it; as the file has it where it cannot
    be read so."""
    rows = []
    for number in range(min(PREVIEWED, len(sample.rows))):
        row: dict[str, str | datetime | Decimal | None] = {}
        for column, heading in choice.columns.items():
            value = sample.values(heading)[number]
            row[column] = _read(value, column, choice)
        rows.append(row)
    return tuple(rows)


def _read(value: str | None, column: str, choice: Choice) -> str | datetime | Decimal | None:
    if value is None or not value.strip():
        return None
    kind = kind_of(choice.table, column)
    if is_time(kind):
        return as_time(value, choice.formats.get(column, ())) or value
    if is_number(kind):
        amount = as_number(value, choice.number_form(column))
        return value if amount is None else amount
    return value.strip()


def shown(value: str | datetime | Decimal | None) -> str:
    """A value of the preview as people read it: a day in words, a number as the language in use writes it."""
    match value:
        case None:
            return ""
        case datetime():
            clock = f" {value:%H:%M}" if (value.hour, value.minute) != (0, 0) else ""
            return f"{i18n.date_(value.date())}{clock}"
        case Decimal():
            return i18n.integer(int(value)) if value.as_tuple().exponent == 0 else i18n.number(value)
        case _:
            return value


def as_time(value: str, formats: Sequence[str]) -> datetime | None:
    """A text as a time: in the first format that fits, or as ISO 8601."""
    for pattern in formats:
        if pattern == SERIAL and SERIAL_DAY.fullmatch(value.strip()):
            return FIRST_SERIAL + timedelta(days=float(value))
        try:
            return datetime.strptime(value.strip(), pattern)  # noqa: DTZ007 - shown as the file has it
        except ValueError:
            continue
    try:
        return None if formats else datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def as_number(value: str, form: NumberForm) -> Decimal | None:
    """A text as a number."""
    text = value.strip()
    for sign in form.strip:
        text = text.replace(sign, "")
    text = text.strip()
    if form.brackets and text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    try:
        return Decimal(without_marks(text, form.decimal, form.thousands))
    except InvalidOperation:
        return None


def pages(trial: Trial, there: Sequence[str] = ()) -> Mapping[str, bool]:
    """Which pages will have what they need; `there`: tables that stay from before."""
    filled = {name: set(columns) for name, columns in trial.filled}
    lines = filled.get("order_lines", set())
    has_lines = bool(lines) or "order_lines" in there
    return {
        "customers": "customer_id" in lines,
        "demand": has_lines,
        "regions": "ship_to_region" in lines,
        "stock": "stock_snapshots" in filled or "stock_snapshots" in there,
        "margin": "unit_cost" in lines | filled.get("products", set()),
    }
