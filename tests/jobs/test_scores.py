"""Scores are made once, in the job; what is not kept is made of distinct histories and comes to the same."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from shopkeeper.contract.scores import CUSTOMER_SCORES
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn.report import ChurnOptions
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import customers
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.jobs.buying import score_files
from shopkeeper.jobs.buying.job import fit_version
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scores import filled_spend, scored, used_value, value_per_purchase
from shopkeeper.jobs.buying.scoring import PREPARED_HORIZONS, Scoring, is_prepared, score_customers
from shopkeeper.models.buying.stages import StageRules
from shopkeeper.models.buying.value import value_variance
from tests.shops.fitted import START, bought
from tests.shops.in_memory import MemoryQuery, line, shop

EVERYBODY: dict[str, Any] = CustomerFilters().acquired()


def scores_of(query: Engine | MemoryQuery, fits: Fits, scoring: Scoring) -> pl.DataFrame:
    with query.workspace() as workspace:
        score_customers(workspace, fits, scoring)
        return workspace("jobs/buying/scores_made")


def test_the_kept_scores_are_as_declared_one_per_customer_and_horizon(opened: Engine, fits: Fits) -> None:
    kept = opened("jobs/buying/scores_made")
    assert CUSTOMER_SCORES.departures(kept) == []
    assert kept.height == len(PREPARED_HORIZONS) * fits.customers
    assert kept.select("horizon_days", "customer_key").n_unique() == kept.height


@pytest.mark.parametrize("days", [90, 365])
def test_what_is_kept_is_what_would_be_made_now(opened: Engine, fits: Fits, days: int) -> None:
    assert is_prepared(Scoring(days), fits)
    kept = opened("jobs/buying/scores_made").filter(horizon_days=days)
    assert kept.equals(scores_of(opened, fits, Scoring(days)))


def test_each_customer_is_scored_as_the_history_alone_would_be(opened: Engine, fits: Fits) -> None:
    """A second, naive way: every customer's own row, in Polars, by the formulas of the models."""
    kept = opened("jobs/buying/scores_made").filter(horizon_days=365).sort("customer_key")
    rows = customers(opened, CustomerFilters()).sort("customer_key")
    rows = rows.sample(2000, seed=1).sort("customer_key")
    kept = kept.join(rows.select("customer_key"), on="customer_key", how="semi").sort("customer_key")
    value = used_value(fits, "margin")
    naive = value_per_purchase(scored(rows, fits, fits.chosen, "shop", 365, 0.1, varying=True), fits, value)
    for name in ("p_alive", "p_no_purchase", "expected_purchases", "purchase_value"):
        assert kept[name].to_list() == pytest.approx(naive[name].to_list(), nan_ok=True), name
    predicted = naive["discounted"] * naive["purchase_value"]
    assert kept["predicted_value"].to_list() == pytest.approx(predicted.to_list())
    variance = value_variance(fits.spends[value], filled_spend(naive, fits.spends[value]))
    assert kept["variance"].to_list() == pytest.approx(variance.to_list(), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    "scoring",
    [Scoring(45), Scoring(90, discount=0.2), Scoring(90, quiet_days=7), Scoring(90, value="revenue")],
)
def test_other_choices_are_not_taken_for_the_kept_ones(scoring: Scoring, fits: Fits) -> None:
    assert not is_prepared(scoring, fits)


def test_the_rescue_list_is_ranked_by_what_is_at_stake(opened: Engine) -> None:
    ranked = opened("jobs/buying/scores_made").filter(horizon_days=90).drop_nulls("rescue_rank").sort("rescue_rank")
    assert ranked["rescue_rank"].to_list() == list(range(1, ranked.height + 1))
    assert ranked["value_at_stake"].is_sorted(descending=True)
    assert ranked["left_out"].null_count() == ranked.height


def test_quiet_is_longer_than_the_own_rhythm_or_than_three_in_four_alike() -> None:
    """Those who came back a second time took 10, 20, ... 400 days: three in four did within about 300."""
    lines = [row for n in range(1, 41) for row in bought(f"c{n}", 0, 10 * n)]
    lines += bought("waits 250", 400 - 250)
    lines += bought("waits 350", 400 - 350)
    lines += bought("weekly, 20 quiet", *range(300, 381, 8))
    lines += bought("each 50, 20 quiet", 180, 230, 280, 330, 380)
    query = shop(lines, as_of=START + timedelta(days=400))
    rules = StageRules(active_days=390, lost_days=395)
    reasons = churn.report(query, fit_version(query), CustomerFilters(), ChurnOptions(rules=rules)).customers
    left_out = dict(reasons.select("customer_id", "left_out").iter_rows())
    assert left_out["waits 250"] == "in_rhythm"
    assert left_out["waits 350"] is None
    assert left_out["weekly, 20 quiet"] is None
    assert left_out["each 50, 20 quiet"] == "in_rhythm"


def test_the_stages_of_the_risk_list_are_those_of_the_lifecycle(opened: Engine, fits: Fits) -> None:
    for until in (None, date(2025, 6, 30)):
        filters = CustomerFilters(until=until)
        segments = churn.report(opened, fits, filters).segments.filter(segment_kind="stage")
        stages = {stage: count for stage, count in lifecycle.report(opened, filters).counts.items() if count}
        assert dict(segments.select("segment", "customers").iter_rows()) == stages


def test_a_page_asks_for_no_customer_beyond_its_first_rows(opened: Engine, fits: Fits) -> None:
    result = churn.report(opened, fits, CustomerFilters())
    assert result.customers.height == churn.FIRST_ROWS < result.totals.customers


def test_scores_of_a_version_that_is_gone_are_removed(opened: Engine) -> None:
    root = opened.version.path.parents[1]
    home = root / "scores" / "20200101T000000Z-gone"
    home.mkdir()
    assert score_files.prune(root) == [home.name]
    assert score_files.current(opened.version) is not None


def test_without_kept_scores_the_report_is_the_same(opened: Engine, fits: Fits) -> None:
    bare = open_version(opened.version)
    with_scores, without = (churn.report(query, fits, CustomerFilters()) for query in (opened, bare))
    bare.close()
    assert with_scores.customers.equals(without.customers)
    assert vars(with_scores.totals) == pytest.approx(vars(without.totals))


def test_who_refunds_a_purchase_of_long_ago_is_still_one_customer() -> None:
    lines = [
        *bought("ann", 0, 30, 60),
        line("ann", START + timedelta(days=90), status="refund", quantity=-1, net_amount=-3),
    ]
    query = shop(lines, as_of=START + timedelta(days=120))
    assert scores_of(query, fit_version(query), Scoring(30)).height == 1
