"""Who may have been a customer before the data begin: the first purchase here need not be the first."""

from dataclasses import dataclass
from datetime import date, timedelta

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.engine.query import Parameter, Query


@dataclass(frozen=True)
class Opening:
    """The days from `first_day`, that of the first purchase of all, in which customers of before were seen again.

    Whoever came first before `until` may have bought before; `None` where the data show no such customers, as in a
    shop that has just opened, or data of one acquisition cohort (queries/marts/left_truncation.sql has the rule).
    """

    first_day: date | None = None
    until: date | None = None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.until - self.first_day).days if self.until and self.first_day else 0

    def holds(self, day: date) -> bool:
        """Whether who came first on a day may have bought before."""
        return self.until is not None and day < self.until


def opening(query: Query) -> Opening:
    """Of the version in use; the same for every viewer."""
    rows = query("customers/left_truncation").to_dicts()
    if not rows:
        return Opening()
    first: date = rows[0]["first_day"]
    return Opening(first, first + timedelta(days=rows[0]["window_days"]) if rows[0]["is_truncated"] else None)


@dataclass(frozen=True)
class OpeningCustomers:
    """Of `customers` who were chosen, `uncertain` came within the opening."""

    opening: Opening
    customers: int
    uncertain: int


def opening_customers(query: Query, filters: CustomerFilters) -> OpeningCustomers:
    """How many of the chosen customers may have bought before."""
    opened = opening(query)
    as_of = min(query.version.as_of, filters.until or query.version.as_of)
    counts = query("customers/left_truncated", **filters.acquired(), as_of=as_of, until=opened.until or date.min)
    return OpeningCustomers(opened, *counts.row(0))


def acquired_after(filters: CustomerFilters, opened: Opening) -> dict[str, Parameter]:
    """The filters' parameters by first purchase, without customers of the opening."""
    chosen = filters.acquired()
    since = filters.cohort_from or date.min
    return chosen if opened.until is None else {**chosen, "cohort_from": max(since, opened.until)}
