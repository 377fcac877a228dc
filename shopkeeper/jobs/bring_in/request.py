"""What the process that brings files in is asked, and what it answers, as JSON that both sides read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from shopkeeper.imports.mapping.declared import Layout
from shopkeeper.imports.outcome import TableOutcome
from shopkeeper.imports.readers.samples import Sample
from shopkeeper.imports.trial import Trial
from shopkeeper.messages import Message

Kind = Literal["look", "try", "import"]


@dataclass(frozen=True)
class Request:
    """`mapping` is a document as `parse_mapping` reads it, or the name of a ready one in `ready`. Name, currency,
    timezone and start of the week are the shop's, where the mapping has none. `encodings`: of files whose bytes do not
    tell, by name."""

    kind: Kind
    paths: tuple[Path, ...]
    root: Path
    mapping: Mapping[str, Any] | None = None
    mapping_name: str = "browser"
    ready: str = ""
    name: str = ""
    currency: str = ""
    timezone: str = ""
    week_start: str = ""
    append: bool = False
    accept: bool = False
    as_of: str = ""
    encodings: Mapping[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {**vars(self), "paths": [str(path) for path in self.paths], "root": str(self.root)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Request":
        """What `as_data` gave."""
        return cls(**{**data, "paths": tuple(map(Path, data["paths"])), "root": Path(data["root"])})


def sample_data(sample: Sample) -> dict[str, Any]:
    """A sample as JSON keeps it."""
    return asdict(sample)


def sample_of(data: Mapping[str, Any]) -> Sample:
    """What `sample_data` gave."""
    layout: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data["layout"].items()
    }
    layout["leave_out"] = tuple((heading, tuple(texts)) for heading, texts in layout["leave_out"])
    return Sample(
        data["name"],
        tuple(data["headings"]),
        tuple(map(tuple, data["rows"])),
        Layout(**layout),
        tuple((name, text) for name, text in data["encodings"]),
    )


def trial_data(trial: Trial) -> dict[str, Any]:
    """A trial as JSON keeps it."""
    return {
        "tables": [[each.name, each.rows_in, each.rows_published, each.rows_rejected] for each in trial.tables],
        **{name: _messages(getattr(trial, name)) for name in ("faults", "warnings", "stops")},
        "months": [[month.isoformat(), rows, str(amount)] for month, rows, amount in trial.months],
        "orders": trial.orders,
        "customers": trial.customers,
        "days": [day.isoformat() if day else None for day in (trial.first_day, trial.last_day)],
        "filled": trial.filled,
    }


def trial_of(data: Mapping[str, Any]) -> Trial:
    """What `trial_data` gave."""
    first, last = (date.fromisoformat(day) if day else None for day in data["days"])
    return Trial(
        tuple(TableOutcome(*row) for row in data["tables"]),
        _of_messages(data["faults"]),
        _of_messages(data["warnings"]),
        _of_messages(data["stops"]),
        tuple((date.fromisoformat(month), rows, Decimal(amount)) for month, rows, amount in data["months"]),
        data["orders"],
        data["customers"],
        first,
        last,
        tuple((name, tuple(columns)) for name, columns in data["filled"]),
    )


def _messages(given: Sequence[Message]) -> list[dict[str, Any]]:
    return [each.as_data() for each in given]


def _of_messages(data: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    return tuple(map(Message.from_data, data))
