"""Targets from a file, and those in force."""

import csv
import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from shopkeeper import state
from shopkeeper.cli.terminal import out, version_served
from shopkeeper.errors import Refused
from shopkeeper.lake.version import Version
from shopkeeper.merchant.targets import Target
from shopkeeper.messages import Message, message
from shopkeeper.state import State

COLUMNS = ("period", "figure", "value")


def set_targets(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV with the columns period (2026-10 or 2026), figure and value; an empty value takes it back."
        ),
    ] = None,
    author: Annotated[str, typer.Option(help="Who sets them; kept with each.")] = "",
) -> None:
    """Set targets of net revenue, orders, new customers or margin from FILE; without one, list those in force."""
    version = version_served()
    held = _held(version)
    try:
        if file is not None:
            changed = read(file)
            state.save_targets(held, changed, author=author)
            out.print(f"Targets set: {len(changed)}.")
            return
        for each in state.targets(held):
            period = f"{each.starts_on:%Y-%m}" if each.period == "month" else f"{each.starts_on:%Y}"
            out.print(f"{period},{each.figure},{each.value:g}", markup=False)
    finally:
        held.close()


def targets_set(version: Version) -> tuple[Target, ...]:
    """Those in force."""
    held = _held(version)
    try:
        return state.targets(held)
    finally:
        held.close()


def _held(version: Version) -> State:
    return state.open_state(state.url_of(version.path.parents[1], sample=version.shop.sample))


def read(file: Path) -> tuple[Target, ...]:
    """What a file sets. Raise `Refused`, naming the line, where it cannot be meant."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(message("{file} cannot be read as CSV in UTF-8: {error}", file=file, error=error)) from error
    if not rows or not set(COLUMNS) <= rows[0].keys():
        raise Refused(message("{file} needs the columns {columns} and a row.", file=file, columns=", ".join(COLUMNS)))
    read_targets = []
    for number, row in enumerate(rows, start=2):
        try:
            read_targets.append(_target({name: (row[name] or "").strip() for name in COLUMNS}))
        except Refused as refusal:
            raise Refused(message("Line {line}: {reason}", line=number, reason=Message.of(refusal))) from refusal
    keys = [each.key for each in read_targets]
    if twice := next((number for number, key in enumerate(keys) if key in keys[:number]), None):
        raise Refused(message("Line {line}: this target stands above already. Keep one of them.", line=twice + 2))
    return tuple(read_targets)


def _target(row: dict[str, str]) -> Target:
    if not re.fullmatch(r"\d{4}(-\d{2})?", row["period"], re.ASCII):
        raise Refused(message("A target is of a month or a year: write 2026-10 or 2026."))
    year, _dash, month = row["period"].partition("-")
    try:
        starts_on = date(int(year), int(month or 1), 1)
        value = float(row["value"]) if row["value"] else None
    except ValueError:
        raise Refused(
            message("“{period}” and “{value}” are no month and number.", period=row["period"], value=row["value"])
        ) from None
    return Target(row["figure"], "month" if month else "year", starts_on, value)  # type: ignore[arg-type]
