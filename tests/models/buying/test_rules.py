"""Rates of customers alike: pooled towards neighbours, monotone, never certain; and what rules make of them."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import NotFitted, RuleKind
from shopkeeper.models.buying.rates import pooled
from shopkeeper.models.buying.rules import RULES, Rule, RuleTable, Told, fit_rule
from tests.models.buying.shoppers import TRUTH, simulate

DAYS = 84


def grid(cells: list[list[tuple[int, int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Customers and buyers of each group."""
    both = np.array(cells, dtype=np.float64)
    return both[..., 0], both[..., 1]


def test_a_small_group_leans_on_its_neighbours_in_both_directions() -> None:
    """Two customers, neither of whom bought, stand among groups of whom 80, 50 and 40 % did."""
    customers, buyers = grid([[(400, 280), (400, 200), (400, 120)], [(400, 320), (2, 0), (400, 160)]])
    rates = pooled(customers, buyers, buyers)
    assert rates.buys[1, 0] == pytest.approx(0.8, abs=0.03)
    assert rates.buys[1, 2] == pytest.approx(0.4, abs=0.03)
    assert 0.42 < rates.buys[1, 1] < 0.7, "by its neighbours, not by its two"
    everybody = buyers.sum() / customers.sum()
    assert abs(rates.buys[1, 0] - everybody) > 0.15, "a large group stays what it is"


def test_silence_counts_where_no_group_is_large() -> None:
    """40 groups of twelve: what came back falls from 0.92 to 0.35 with silence, and one rate for all is not told."""
    chance = np.linspace(0.92, 0.35, 10)
    customers = np.full((4, 10), 12.0)
    buyers = np.round(customers * chance)
    rates = pooled(customers, buyers, buyers)
    assert rates.buys[:, 0] == pytest.approx(0.9, abs=0.06)
    assert rates.buys[:, 9] == pytest.approx(0.37, abs=0.07)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1), st.integers(0, 5)), min_size=12, max_size=12))
def test_rates_are_never_certain_and_fall_with_silence(groups: list[tuple[int, float, int]]) -> None:
    customers = np.array([n for n, _, _ in groups], dtype=np.float64).reshape(3, 4)
    buyers = np.round(customers * np.array([share for _, share, _ in groups]).reshape(3, 4))
    purchases = buyers * (1 + np.array([more for _, _, more in groups]).reshape(3, 4))
    rates = pooled(customers, buyers, purchases)
    assert ((rates.buys > 0) & (rates.buys < 1)).all()
    assert (rates.more > 0).all()
    assert (np.diff(rates.buys, axis=1) <= 1e-12).all()
    assert (np.diff(rates.buys * (1 + rates.more), axis=1) <= 1e-6).all()


def past(n: int, seed: int) -> pl.DataFrame:
    rows = simulate("mbg_nbd", TRUTH["mbg_nbd"], n, 78, DAYS / 7, seed=seed)
    return rows.with_columns((pl.col("recency", "T") * 7).round())


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_foresees_customers_like_those_it_counted(kind: RuleKind) -> None:
    rule, others = fit_rule(kind, [(DAYS, past(8_000, 1))]), past(8_000, 2)
    told, n = rule.told(Histories.of(others), DAYS), others["holdout"].to_numpy()
    assert told.expected.sum() == pytest.approx(n.sum(), rel=0.06)
    assert told.none.mean() == pytest.approx((n == 0).mean(), abs=0.015)
    likely = told.none >= np.median(told.none)
    assert (n[likely] == 0).mean() == pytest.approx(told.none[likely].mean(), abs=0.02)
    chances = np.exp([told.log_probability(np.full(n.size, count)) for count in range(400)])
    assert chances.sum(axis=0) == pytest.approx(1, abs=1e-6)
    counts = np.arange(400)[:, None]
    assert (chances * counts).sum(axis=0) == pytest.approx(told.expected, rel=1e-4)
    assert (chances * counts * (counts - 1)).sum(axis=0) == pytest.approx(told.factorial, rel=1e-3, abs=1e-6)
    assert Rule.from_json(json.loads(json.dumps(rule.as_json()))) == rule


def test_the_rule_that_knows_more_foresees_better() -> None:
    others = past(8_000, 2)
    histories, n = Histories.of(others), others["holdout"].to_numpy()
    rules = [fit_rule(kind, [(DAYS, past(8_000, 1))]) for kind in ("hiatus", "plain_rates")]
    crude, fine = (rule.told(histories, DAYS).log_probability(n).mean() for rule in rules)
    assert fine > crude + 0.02


def test_nobody_silent_coming_back_is_told_and_is_not_certain() -> None:
    """Who was silent for more than 60 days never came back; of the others nine in ten did."""
    rows = [
        (2, 50.0, 50.0 + silent, int(silent <= 60 and n % 10 > 0)) for silent in (20, 40, 90, 150) for n in range(100)
    ]
    frame = pl.DataFrame(rows, schema=["frequency", "recency", "T", "holdout"], orient="row").with_columns(customers=1)
    told = fit_rule("plain_rates", [(30, frame)]).told(Histories.of(frame), 30)
    early, late = told.none[:200], told.none[200:]
    assert early == pytest.approx(0.1, abs=0.05)
    assert ((late > 0.95) & (late < 1)).all()
    assert fit_rule("hiatus", [(30, frame)]).tables[0].hiatus in {46, 61}


def table(days: int, buys: float, more: float) -> RuleTable:
    return RuleTable(days, (0.0, 400.0), ((buys, buys),) * 10, ((more, more),) * 10, 100)


def test_beyond_the_horizons_counted_buying_falls_on_at_its_pace() -> None:
    """0.4 purchases in 30 days, 0.6 in 60: as the pace halves in 30 days, 0.7 in 90, and 0.8 for ever."""
    rule = Rule("plain_rates", (table(30, 0.4, 0.0), table(60, 0.6, 0.0)), decay=0.5 ** (1 / 30))
    one = Histories(np.zeros(1), np.zeros(1), np.full(1, 10.0))
    expected = {days: rule.told(one, days).expected[0] for days in (15, 30, 45, 60, 90, 3000)}
    assert [expected[days] for days in (15, 30, 45, 60)] == pytest.approx([0.2, 0.4, 0.5, 0.6])
    assert expected[90] == pytest.approx(0.7, abs=0.005)
    assert expected[3000] == pytest.approx(0.8, abs=0.01)
    none = [rule.told(one, days).none[0] for days in (30, 60, 90, 3000)]
    assert none[:2] == pytest.approx([0.6, 0.4])
    assert 0 < none[3] < none[2] < none[1]
    whole = rule.discounted(one, [30, 60], [1.0, 0.5])[0]
    assert whole == pytest.approx(0.4 + 0.2 * 0.5)


def test_one_wholesale_account_does_not_make_small_buyers_buy_more() -> None:
    """Three in ten of a thousand alike bought once more, one bought 400 times: its row is its own."""
    small = [(1, 30.0, 60.0, int(n < 300), 1) for n in range(1000)]
    frame = pl.DataFrame(
        [*small, (180, 59.0, 60.0, 400, 1)],
        schema=["frequency", "recency", "T", "holdout", "customers"],
        orient="row",
    )
    told = fit_rule("plain_rates", [(60, frame)]).told(Histories.of(frame), 60)
    assert told.expected[0] == pytest.approx(0.3, abs=0.05)
    assert told.expected[-1] > 20


def test_too_few_are_refused_in_a_sentence() -> None:
    with pytest.raises(NotFitted, match="Only 99 customers have been here for long enough"):
        fit_rule("hiatus", [(30, past(99, 1))])
    assert fit_rule("plain_rates", [(DAYS, past(99, 1))], 1).tables[0].customers == 99
    assert isinstance(fit_rule("hiatus", [(DAYS, past(100, 1))]).told(Histories.of(past(3, 1)), 20), Told)
