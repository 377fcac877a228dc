"""The scores that a reader asks for: those that the job keeps, or the same made for these choices alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_viewer, seen_until
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scoring import Scoring, is_prepared, score_customers


@contextmanager
def asked_scores(query: Query, fits: Fits, filters: CustomerFilters, scoring: Scoring) -> Iterator[Query]:
    """A query whose `customer_scores` are those of `scoring` as seen on the day of the filters.

    Filters by the first purchase are left to each question. Raise `Refused` as `check_viewer` does.
    """
    check_viewer(query, filters)
    day = seen_until(query, filters)
    today = day == query.version.as_of
    if today and is_prepared(scoring, fits) and _kept(query, scoring.settled(fits)):
        yield query
        return
    with query.workspace() as workspace:
        if not today:
            everybody = CustomerFilters().acquired()
            workspace.make("customer_history", "customers/histories_until", **everybody, as_of=day)
        score_customers(workspace, fits, scoring)
        yield workspace


def _kept(query: Query, settled: Scoring) -> bool:
    kept = query("customers/scores_kept", horizon_days=settled.horizon_days, model=settled.kind or "")
    return not kept.is_empty()
