"""Every frame of the supply reports is as declared: with goods, without, and on a choice of nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from shopkeeper.engine.duckdb import open_version
from shopkeeper.engine.query import Query
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake.version import Version
from shopkeeper.merchant.in_force import DEFAULTS
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.frames import LOCATIONS
from shopkeeper.supply.demand import backtest, lost, two_sided
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand import table as demand_table
from shopkeeper.supply.demand.frames.forecast import MANUAL, OUTLOOK, USED, WEEKS_BEHIND, WEEKS_BY_SERIES
from shopkeeper.supply.demand.parts import behind
from shopkeeper.supply.demand.report import KEYS, DemandOptions
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.network import report as network
from shopkeeper.supply.network.frames import CANDIDATES
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import table as replenishment_table
from shopkeeper.supply.replenishment import transfers
from shopkeeper.supply.replenishment.frames import ORDERS_READ, PATH, TRANSFERS_READ
from tests.declared import departures
from tests.shops.fitted import bought
from tests.shops.in_memory import shop

EVERYTHING, NOTHING = GoodsFilters(), GoodsFilters(skus=())


@pytest.fixture(scope="module")
def goods(goods_shop: Version) -> Iterator[Query]:
    query = open_version(goods_shop, made=files.table_files(goods_shop))
    yield query
    query.close()


@pytest.fixture
def without_goods() -> Query:
    """Orders only: no stock, no places, no lanes, no forecast run."""
    return shop(bought("ann", 0, 30, 65))


def results(query: Query, filters: GoodsFilters) -> Iterator[Any]:
    yield coverage.report(query, filters)
    yield coverage.ages(query, filters)
    for by in KEYS:
        yield demand.report(query, filters, options=DemandOptions(by))  # type: ignore[arg-type]
    yield backtest.report(query, filters)
    yield lost.report(query, filters)
    yield two_sided.report(query, fit_version(query), filters)
    yield replenishment.report(query, filters)
    yield transfers.report(query, filters)
    yield network.report(query, filters)


@pytest.mark.parametrize("filters", [EVERYTHING, NOTHING], ids=["everything", "nothing"])
@pytest.mark.parametrize("shop_of", ["goods", "without_goods"])
def test_frames_are_as_declared(shop_of: str, filters: GoodsFilters, request: pytest.FixtureRequest) -> None:
    query = request.getfixturevalue(shop_of)
    inner = ("CoverageInputs", "NetworkInputs", "TransferPlan", "Figures")
    faults = [fault for result in results(query, filters) for fault in departures(result)]
    assert [fault for fault in faults if not fault.startswith(inner)] == []


def test_lists_files_and_what_is_tried_are_as_declared(goods: Query) -> None:
    assert LOCATIONS.departures(coverage.locations(goods, EVERYTHING)) == []
    assert USED.departures(demand.used(goods, EVERYTHING)) == []
    assert MANUAL.departures(demand.manual(goods, DEFAULTS)) == []
    ahead = demand.report(goods, EVERYTHING)
    past = behind(ahead.history, ahead.as_of, 52)
    assert WEEKS_BEHIND.departures(past) == []
    assert OUTLOOK.departures(demand_table.outlook(goods.version, ahead, past).frame) == []
    assert WEEKS_BY_SERIES.departures(demand_table.demand(goods.version, ahead).frame) == []
    orders, moves = replenishment.report(goods, EVERYTHING), transfers.report(goods, EVERYTHING)
    assert ORDERS_READ.departures(replenishment_table.orders(goods.version, orders).frame) == []
    assert TRANSFERS_READ.departures(replenishment_table.transfers(goods.version, moves).frame) == []
    for row in orders.rows.head(1).iter_rows(named=True):
        path = replenishment.path(goods, DEFAULTS, row["location"], row["sku"], row["units"], row["lands_on"])
        assert PATH.departures(path) == []
    near = network.report(goods, EVERYTHING)
    assert CANDIDATES.departures(near.candidates) == []
    assert departures(network.what_if(near, ("S2",))) == []
