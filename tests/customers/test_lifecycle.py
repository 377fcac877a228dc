"""Lifecycle: stages by their rules, on every day, equal plain loops."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.customers.churn.report import ChurnOptions, listing, report
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.lifecycle.report import NOT_YET, STAGE_TEXTS, bounds_in_words
from shopkeeper.engine.duckdb import Engine
from shopkeeper.engine.query import Scope
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.models.buying.stages import STAGES, StageRules, stage
from tests.customers import naive_history
from tests.examples import FEWER
from tests.shops.drawn_lines import CATEGORIES, PRODUCTS, random_lines
from tests.shops.fitted import START, bought, insufficient_histories
from tests.shops.in_memory import shop

RULES = StageRules(active_days=12, lost_days=30, loyal_purchases=3)


@FEWER
@given(
    random_lines(),
    st.sampled_from([None, date(2024, 6, 30)]),
    st.sampled_from([None, date(2024, 4, 7)]),
    st.integers(1, 90),
)
def test_stages_and_moves_equal_the_naive_count(
    lines: list[dict[str, Any]], last_day: date | None, until: date | None, back: int
) -> None:
    query = shop(lines, as_of=last_day, products=PRODUCTS)
    last = query.version.as_of
    as_of = min(last, until or last)
    since = as_of - timedelta(days=back)
    filters = CustomerFilters(until=until)
    result = lifecycle.report(query, filters, RULES, since)
    now = stages_on(lines, last, as_of)
    then = stages_on(lines, last, since)
    for day in result.stages["day"].unique():
        counted = result.stages.filter((pl.col("day") == day) & (pl.col("customers") > 0))
        assert dict(counted.select("stage", "customers").iter_rows()) == Counter(stages_on(lines, last, day).values())
    moves = Counter((then.get(customer, NOT_YET), stage) for customer, stage in now.items())
    assert {row[:2]: row[2] for row in result.moves.iter_rows()} == moves
    for (before, after), customers in moves.items():
        behind = lifecycle.customers(query, filters, RULES, since, before, after)["customer_id"].to_list()
        assert sorted(behind) == sorted(name for name in now if (then.get(name, NOT_YET), now[name]) == (before, after))
        assert len(behind) == customers


def stages_on(lines: list[dict[str, Any]], last: date, day: date) -> dict[str, str]:
    histories = naive_history.histories(lines, CATEGORIES, last, day)
    return {
        customer: naive_history.stage(history, day, RULES.active_days, RULES.lost_days, RULES.loyal_purchases)
        for customer, history in histories.items()
    }


def test_the_stages_of_the_sample_agree_on_every_way_to_them(opened: Engine, fits: Fits) -> None:
    result = lifecycle.report(opened, CustomerFilters())
    rows = listing(opened, fits, report(opened, fits, CustomerFilters(), ChurnOptions()))
    by_churn = dict(rows.group_by("stage").len().iter_rows())
    assert by_churn == {name: count for name, count in result.counts.items() if count}
    by_move = dict(result.moves.group_by("to_stage").agg(pl.col("customers").sum()).iter_rows())
    assert by_move == by_churn
    revenue = result.stages.filter(pl.col("day") == result.as_of)["revenue"].sum()
    assert revenue == pytest.approx(result.moves["revenue"].sum())


def test_the_rule_in_sql_equals_the_rule_of_the_models() -> None:
    grid = pl.DataFrame(
        list(product((0, 1, 2, 5), (0, 12, 13, 30, 31), (None, 1, 30, 31))),
        schema={"frequency": pl.Int64, "inactivity": pl.Int64, "inter_purchase_days": pl.Int64},
        orient="row",
    )
    by_model = grid.select(
        stage(pl.col("frequency"), pl.col("inactivity"), pl.col("inter_purchase_days"), RULES)
    ).to_series()
    grid_stages = (
        "SELECT stage(frequency + 1, inactivity, inter_purchase_days, $active_days, $lost_days, $loyal_purchases)"
    )
    sql = f"{grid_stages} FROM grid"
    with shop([]).connection.cursor() as cursor:
        cursor.register("grid", grid.to_arrow())
        by_macro = cursor.sql(sql, params=asdict(RULES)).fetchall()
    assert [name for (name,) in by_macro] == by_model.to_list()
    assert set(by_model) == set(STAGES)


@pytest.mark.parametrize(
    ("inactivity_days", "stage"),
    [(0, "new"), (12, "new"), (13, "at_risk"), (30, "at_risk"), (31, "lost"), (200, "lost")],
)
def test_a_stage_begins_on_its_day(inactivity_days: int, stage: str) -> None:
    query = shop(bought("ann", 0), as_of=START + timedelta(days=inactivity_days))
    result = lifecycle.report(query, CustomerFilters(), RULES, START - timedelta(days=1))
    assert {name for name, count in result.counts.items() if count} == {stage}
    assert result.moves.select("from_stage", "to_stage").rows() == [(NOT_YET, stage)]


@pytest.mark.parametrize(("inter_purchase_days", "stage"), [(30, "active"), (31, "won_back")])
def test_won_back_begins_after_the_silence_that_is_called_lost(inter_purchase_days: int, stage: str) -> None:
    query = shop(bought("ann", 0, inter_purchase_days), as_of=START + timedelta(days=inter_purchase_days))
    assert lifecycle.report(query, CustomerFilters(), RULES).counts[stage] == 1


def test_value_is_what_purchases_had_brought_by_then() -> None:
    query = shop(bought("ann", 0, 40, net_amount=7), as_of=START + timedelta(days=58))
    stages = lifecycle.report(query, CustomerFilters()).stages.filter(pl.col("customers") > 0)
    assert stages.select("day", "stage", "revenue").rows() == [
        (date(2024, 1, 31), "new", 7.0),
        (date(2024, 2, 28), "active", 14.0),
    ]
    assert stages["margin"].null_count() == 2


def test_rules_read_as_sentences() -> None:
    for label, rule in STAGE_TEXTS.values():
        assert label
        assert "{" not in rule.format(**bounds_in_words(StageRules()))


@pytest.mark.parametrize("rules", [{"active_days": 90, "lost_days": 90}, {"active_days": 0}, {"loyal_purchases": 2}])
def test_rules_that_cannot_be_told_apart_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(Refused, match="choose"):
        StageRules(**rules)


def test_moves_need_an_earlier_day_and_a_stage_that_there_is() -> None:
    query = shop(bought("ann", 0, 40))
    with pytest.raises(Refused, match="earlier day"):
        lifecycle.report(query, CustomerFilters(), since=query.version.as_of)
    with pytest.raises(Refused, match="no stage"):
        lifecycle.customers(query, CustomerFilters(), from_stage="sleepy")


def test_a_restricted_viewer_is_refused() -> None:
    with pytest.raises(Refused, match="every purchase"):
        lifecycle.report(shop(bought("ann", 0, 40), scope=Scope(categories=("tea",))), CustomerFilters())


@pytest.mark.parametrize("ground", insufficient_histories())
def test_bad_ground_is_counted_all_the_same(ground: str) -> None:
    lines, as_of = insufficient_histories()[ground]
    result = lifecycle.report(shop(lines, as_of=as_of), CustomerFilters())
    assert sum(result.counts.values()) == len({row["customer_id"] for row in lines})


def test_a_shop_without_a_sale_has_no_stages() -> None:
    result = lifecycle.report(shop(bought("ann", 0, status="cancelled")), CustomerFilters())
    assert result.stages.is_empty()
    assert result.moves.is_empty()
