"""Every frame of the customer reports is as declared: on the sample, on thin shops and on empty ones."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.lifecycle.frames import CUSTOMERS as MOVED
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check import table as model_check_table
from shopkeeper.customers.model_check.frames import PARTS
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.frames import CUSTOMERS as BEHIND
from shopkeeper.customers.retention.opportunity import opportunity
from shopkeeper.customers.retention.report import MEASURES, METHODS, View
from shopkeeper.customers.second_order import report as second_order
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from tests.declared import departures
from tests.shops.fitted import bought
from tests.shops.in_memory import shop

NOBODY = CustomerFilters(acquired_channels=())


@pytest.fixture(params=["sample", "thin"])
def fitted(request: pytest.FixtureRequest, opened: Engine, fits: Fits) -> tuple[Query, Fits]:
    if request.param == "sample":
        return opened, fits
    query = shop([*bought("ann", 0, 30, 65), *bought("bob", 40)])
    return query, fit_version(query)


def results(query: Query, fits: Fits, filters: CustomerFilters) -> Iterator[Any]:
    for method in METHODS:
        yield retention.report(query, filters, View(method=method))
    for measure in MEASURES:
        yield retention.report(query, filters, View(measure=measure, windows="rolling"))
    yield opportunity(query, filters)
    listed = churn.report(query, fits, filters)
    yield listed
    for customer_id in listed.customers["customer_id"].head(1):
        yield churn.customer(query, fits, listed, customer_id)
    yield lifecycle.report(query, filters)
    yield lifetime_value.report(query, fits, filters)
    yield model_check.report(query, fits)
    for by in ("all", "channel", "category"):
        yield second_order.report(query, filters, by)


@pytest.mark.parametrize("filters", [CustomerFilters(), NOBODY], ids=["everybody", "nobody"])
def test_frames_are_as_declared(fitted: tuple[Query, Fits], filters: CustomerFilters) -> None:
    query, fits = fitted
    assert [fault for result in results(query, fits, filters) for fault in departures(result)] == []


def test_lists_and_long_tables_are_as_declared(fitted: tuple[Query, Fits]) -> None:
    query, fits = fitted
    cells = retention.report(query, CustomerFilters(), View()).cells.filter("mature")
    cohort, age = cells.select("cohort", "age").row(0)
    assert BEHIND.departures(retention.customers(query, CustomerFilters(), View(), cohort, age)) == []
    since = query.version.as_of - timedelta(days=10)
    assert MOVED.departures(lifecycle.customers(query, CustomerFilters(), since=since)) == []
    assert PARTS.departures(model_check_table.parts(model_check.report(query, fits))) == []
