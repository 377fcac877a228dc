"""What a person is shown before files are imported: values as they will be read, and what each page will have."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from shopkeeper.contract.table import MONEY, QUANTITY
from shopkeeper.contract.tables import table
from shopkeeper.imports.guess.tables import PRICE
from shopkeeper.imports.guess.values import NumberForm
from shopkeeper.imports.guess.written import Choice
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial

PREVIEWED = 5


def preview(sample: Sample, choice: Choice) -> tuple[Mapping[str, str | datetime | Decimal | None], ...]:
    """The first rows by column of the contract, each value as the choice reads it; as the file has it where it cannot
    be read so."""
    kinds = {column.name: column.type for column in table(choice.table).columns}
    rows = []
    for number in range(min(PREVIEWED, len(sample.rows))):
        row: dict[str, str | datetime | Decimal | None] = {}
        for column, heading in choice.columns.items():
            value = sample.values(heading)[number]
            kind = MONEY if column == PRICE else kinds[column]
            row[column] = _read(value, kind, choice)
        rows.append(row)
    return tuple(rows)


def _read(value: str | None, kind: str, choice: Choice) -> str | datetime | Decimal | None:
    if value is None or not value.strip():
        return None
    if kind in ("TIMESTAMP", "DATE"):
        return as_time(value, choice.formats) or value
    if kind in (MONEY, QUANTITY, "DOUBLE", "BIGINT"):
        amount = as_number(value, choice.numbers)
        return value if amount is None else amount
    return value.strip()


def as_time(value: str, formats: Sequence[str]) -> datetime | None:
    """A text as a time: in the first format that fits, or as ISO 8601."""
    for pattern in formats:
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
    text = text.replace(form.thousands, "") if form.thousands else text
    try:
        return Decimal(text.replace(form.decimal, "."))
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
