"""The shops that several sections look at, published once in a run, and how many examples Hypothesis draws."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.imports import job
from shopkeeper.imports.mapping import file
from shopkeeper.jobs.buying import files as fits_files
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.buying import score_files
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.lake.version import Version
from tests.paths import SAMPLE
from tests.shops import customers_on_disk, goods_on_disk
from tests.shops.fitted import FittedGround, insufficient_histories
from tests.shops.in_memory import MemoryQuery, shop
from tests.shops.once import copied, made_once
from tests.shops.small_lake import tiny_queries

# The ordinary run draws the same examples every time; `make test-deep` draws others each time, and ten times as many.
settings.register_profile("ordinary", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=600, deadline=None, print_blob=True)
settings.load_profile("ordinary")
MAKES_THE_SAMPLE = Path(__file__).parent / "jobs" / "test_forecast.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What makes all of the sample shop's lake comes first: later all workers would come to it together, and wait."""
    items.sort(key=lambda item: item.path != MAKES_THE_SAMPLE)


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common, and no other run has."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "lakes"


@pytest.fixture(scope="session", autouse=True)
def _key(lakes: Path) -> None:
    """Pseudonyms of a run are made with a key of its own, never with that of whoever runs the tests."""
    os.environ["SHOPKEEPER_KEY"] = str(lakes.with_name("key"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("SHOPKEEPER_REAL_DATA")
    if not folder:
        pytest.skip("SHOPKEEPER_REAL_DATA does not name the folder of real data")
    return Path(folder)


@pytest.fixture(scope="session")
def sample_lake(lakes: Path) -> Path:
    def publish(lake: Path) -> None:
        buying_run.make(job.import_files([SAMPLE], file.load("sample"), lake).version)

    return made_once(lakes / "sample", publish)


@pytest.fixture(scope="session")
def forecast_lake(lakes: Path, sample_lake: Path) -> Path:
    """The sample shop with all that jobs make of it."""

    def publish(lake: Path) -> None:
        forecast_run.make(copied(sample_lake, lake))

    return made_once(lakes / "forecast", publish)


@pytest.fixture(scope="session")
def opened(sample_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The committed sample shop, published and fitted; no forecast is made."""
    version = copied(sample_lake, tmp_path_factory.mktemp("sample") / "lake")
    engine = open_version(version, made=score_files.table_files(version))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def fits(opened: Engine) -> Fits:
    """The fits of the sample shop."""
    result = fits_files.read(opened.version)
    assert result is not None
    return result


@pytest.fixture(scope="session")
def fitted_ground() -> FittedGround:
    """A shop on bad ground by its name, and the fits that can be had there."""
    grounds = insufficient_histories()

    @cache
    def fitted(name: str) -> tuple[MemoryQuery, Fits]:
        lines, as_of = grounds[name]
        query = shop(lines, as_of=as_of)
        return query, fit_version(query)

    return fitted


@pytest.fixture(scope="session")
def customers_lake(lakes: Path) -> Path:
    return made_once(lakes / "customers", lambda lake: buying_run.make(customers_on_disk.publish(lake)))


@pytest.fixture(scope="session")
def corner_shop(customers_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A small shop of customers: no model of buying holds there, and nothing is known of its goods."""
    return copied(customers_lake, tmp_path_factory.mktemp("customers") / "lake")


@pytest.fixture(scope="session")
def goods_lake(lakes: Path) -> Path:
    def publish(lake: Path) -> None:
        version = goods_on_disk.publish(lake)
        buying_run.make(version)
        forecast_run.make(version)

    return made_once(lakes / "goods", publish)


@pytest.fixture(scope="session")
def goods_shop(goods_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A small shop with stock, lanes and deliveries, and the forecast that the job makes of it."""
    return copied(goods_lake, tmp_path_factory.mktemp("goods") / "lake")


@pytest.fixture(scope="session")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A queries folder of the tests' own."""
    return tiny_queries(tmp_path_factory.mktemp("queries") / "queries")
