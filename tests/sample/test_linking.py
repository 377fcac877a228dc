"""Linking on the sample shop, whose persons are known: how right it is, and how much nearer figures come by it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.contract.tables import IDENTITIES, ORDER_LINES
from shopkeeper.lake.marts import open_tables
from shopkeeper.lake.persons import Linking, link_accounts
from shopkeeper.lake.workbench import workbench
from shopkeeper.models.identity.keys import LEVELS, Level
from tests.paths import SAMPLE
from tests.sample.truth import best_persons


def linked(folder: Path, level: Level) -> pl.DataFrame:
    """Accounts of the truth with their person as linked."""
    lines = sorted((SAMPLE / "order_lines").glob("*.parquet"))
    with workbench(folder, "Asia/Shanghai") as connection:
        open_tables(connection, {ORDER_LINES.name: lines, IDENTITIES.name: [SAMPLE / "identities.parquet"]})
        (folder / level).mkdir()
        link_accounts(connection, folder / level, Linking(level))
        persons = connection.view("int_persons").pl()
    truth = pl.read_parquet(SAMPLE / "truth" / "accounts.parquet")
    joined = truth.join(persons, on="account_id", how="left")
    return joined.select("account_id", truth="customer_id", person=pl.coalesce("person_id", "account_id"))


@dataclass(frozen=True)
class Agreement:
    precision: float
    recall: float


def agreement(accounts: pl.DataFrame) -> Agreement:
    """Over pairs of accounts."""

    def pairs(*by: str) -> int:
        sizes = accounts.group_by(by).len()["len"].cast(pl.Int64)
        return int((sizes * (sizes - 1) // 2).sum())

    both = pairs("truth", "person")
    return Agreement(both / pairs("person"), both / pairs("truth"))


@pytest.fixture(scope="module")
def by_level(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    return {level: linked(tmp_path_factory.mktemp(level), level) for level in LEVELS}


def test_nearly_all_that_is_linked_is_one_person(by_level: dict[str, pl.DataFrame]) -> None:
    for level, accounts in by_level.items():
        assert agreement(accounts).precision >= 0.99, level


def test_as_much_is_linked_as_strong_keys_allow(by_level: dict[str, pl.DataFrame]) -> None:
    bound = agreement(best_persons(SAMPLE)).recall
    assert 0.7 < bound < 0.9
    assert agreement(by_level["standard"]).recall >= bound - 0.002
    assert agreement(by_level["loose"]).recall > agreement(by_level["standard"]).recall


def days(persons: pl.DataFrame) -> pl.DataFrame:
    """Purchase days by person; `persons`: account_id, person."""
    sales = pl.read_parquet(SAMPLE / "order_lines" / "*.parquet").filter(status="sale")
    own = sales.select(account_id=pl.coalesce("account_id", "customer_id"), day=pl.col("ordered_at").dt.date())
    return own.drop_nulls().join(persons, on="account_id").group_by("person").agg(pl.col("day").unique())


def repeat_share(persons: pl.DataFrame) -> float:
    """Retention in one figure: of who bought, those that bought on a second day."""
    return float((days(persons)["day"].list.len() > 1).to_numpy().mean())


def silent_share(persons: pl.DataFrame) -> float:
    """Churn in one figure: of who bought, those silent for the last 180 days."""
    silence = (
        days(persons).select(pl.col("day").list.max()).select((pl.col("day").max() - pl.col("day")).dt.total_days())
    )
    return float((silence["day"] > 180).to_numpy().mean())


@pytest.mark.parametrize("figure", [repeat_share, silent_share])
def test_retention_and_churn_come_nearer_to_the_truth_of_persons(
    figure: Callable[[pl.DataFrame], float], by_level: dict[str, pl.DataFrame]
) -> None:
    accounts = by_level["standard"]
    truth = figure(accounts.select("account_id", person="truth"))
    without = figure(accounts.select("account_id", person="account_id"))
    with_linking = figure(accounts.select("account_id", "person"))
    assert abs(with_linking - truth) < 0.4 * abs(without - truth)
