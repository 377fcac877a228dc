"""What became of decisions: two as-of dates, the second of which knows what happened."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from shopkeeper import state
from shopkeeper.merchant.decisions import Decision, Verdict
from shopkeeper.merchant.in_force import InForce
from shopkeeper.merchant.policy import Policy
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import outcomes, table, transfers
from shopkeeper.supply.replenishment import report as replenishment
from tests.shops.goods_in_memory import AS_OF, LANES, PLACES, PRODUCTS, counted, forecast, sold
from tests.shops.in_memory import MemoryQuery, shop

STRICT = Policy(service_levels=(("A", 0.5), ("B", 0.5), ("C", 0.5)))
LATER = AS_OF + timedelta(days=30)
TEN = AS_OF + timedelta(days=10)


def before() -> MemoryQuery:
    """One place, four there, one asked for a day, ten days from order to shelf: what is asked for from the tenth to the
    seventeenth day is ordered, 8; that of the five days before is lost."""
    return shop(
        [sold("north", "W", 9)], as_of=AS_OF, products=PRODUCTS, locations=PLACES, lanes=LANES,
        stock_snapshots=[counted("W", 4)], forecasts=[forecast("north", 1)],
    )  # fmt: skip


def after(evenings: Sequence[int | None], landed: int = 13, units: int = 8, as_of: date = LATER) -> MemoryQuery:
    """The same shop later: stock on the evenings after as-of, what landed on the tenth day, units sold in ten days."""
    stock = [
        counted("W", level, ago=-ahead) for ahead, level in enumerate(evenings, start=1) if level is not None
    ]  # fmt: skip
    arrived = {"inbound_id": "I", "location_id": "W", "sku": "tea", "quantity": landed, "due_on": TEN,
               "ordered_on": AS_OF + timedelta(days=1), "received_on": TEN}  # fmt: skip
    since = sold("north", "W", units) | {"ordered_at": datetime(2024, 5, 3, 12), "order_id": "since"}
    return shop(
        [sold("north", "W", 9), since], as_of=as_of, products=PRODUCTS, locations=PLACES, lanes=LANES,
        stock_snapshots=stock, inbound=[arrived] if landed else [], forecasts=[forecast("north", 1)],
    )  # fmt: skip


def proposed() -> dict[str, Any]:
    return replenishment.report(before(), GoodsFilters(), InForce(STRICT)).rows.row(0, named=True)


def log(verdict: Verdict = "accepted", units: int | None = None) -> pl.DataFrame:
    """A log with one decision, as the state gives it."""
    row = proposed()
    given = outcomes.on_order(row, AS_OF, 7, "v1", None)
    decided = 0 if verdict == "refused" else row["units"] if units is None else units
    made = Decision(**given, units_decided=decided, verdict=verdict, author="Ann", reason="why not")
    kept = state.open_state("sqlite:////proc/1/nowhere.sqlite")
    kept = state.State(kept.engine, kept.place, writable=True)
    state.record_decision(kept, made)
    result = state.decisions(kept)
    kept.close()
    return result


def score(query: MemoryQuery, proposals: pl.DataFrame) -> dict[str, Any]:
    return outcomes.scored(query, proposals).row(0, named=True)


def course(*pieces: tuple[int, int]) -> list[int | None]:
    """Evenings: so many days at such a level."""
    return [level for days, level in pieces for _ in range(days)]


def test_what_was_known_is_frozen_with_the_decision() -> None:
    row = log().row(0, named=True)
    frozen = json.loads(row["frozen"])
    assert (row["units_proposed"], row["as_of"], row["version"]) == (8, AS_OF, "v1")
    assert (frozen["position"], frozen["reorder_point"], frozen["order_up_to"]) == (4, 10, 17)
    assert frozen["forecast_units"] == 10
    assert frozen["lands_on"] == TEN.isoformat()
    assert frozen["until"] == (TEN + timedelta(days=7)).isoformat()


@pytest.mark.parametrize(
    ("verdict", "evenings", "landed", "outcome", "saved"),
    [
        # It landed, the stock went down to 6: without the 13 it would have run out, 7 of them were sold.
        ("accepted", course((9, 1), (4, 14), (16, 6)), 13, "needed", 7),
        ("accepted", course((9, 1), (4, 14), (16, 0)), 13, "not_enough", 13),
        ("accepted", course((30, 90)), 13, "not_needed", None),
        ("accepted", course((30, 2)), 0, "not_done", None),
        ("refused", course((9, 1), (21, 0)), 0, "missed", None),
        ("refused", course((30, 3)), 0, "rightly_refused", None),
        ("accepted", [], 13, "unknown", None),
    ],
)  # fmt: skip
def test_each_outcome(
    verdict: Verdict, evenings: list[int | None], landed: int, outcome: str, saved: float | None
) -> None:
    row = score(after(evenings, landed), log(verdict, 13))
    assert (row["outcome"], row["saved_units"]) == (outcome, saved)
    assert row["saved_margin"] == (None if saved is None else pytest.approx(saved * 20))


def test_being_out_before_the_landing_is_not_the_orders_fault() -> None:
    row = score(after(course((9, 0), (21, 8))), log())
    assert (row["outcome"], row["ran_out"], row["without_run_out"]) == ("needed", False, True)


def test_forecast_and_sales_are_compared_over_the_lead_time() -> None:
    row = score(after(course((30, 8)), units=8), log())
    assert (row["forecast_units"], row["left_units"]) == (10, 8)


def test_until_the_days_are_over_a_decision_is_open() -> None:
    row = score(after(course((12, 8)), as_of=AS_OF + timedelta(days=12)), log())
    assert row["outcome"] == "open"
    assert row["left_units"] == 8
    early = score(after(course((5, 8)), as_of=AS_OF + timedelta(days=5), landed=0), log())
    assert (early["outcome"], early["left_units"]) == ("open", None)
    same_day = score(before(), log())
    assert same_day["outcome"] == "open"


def test_only_what_really_landed_counts_for_a_changed_quantity() -> None:
    row = score(after(course((9, 1), (21, 3)), landed=6), log("changed", 6))
    assert (row["landed_units"], row["saved_units"], row["outcome"]) == (6, 3, "needed")


def test_a_transfer_is_scored_at_its_receiver() -> None:
    ways = [sold("north", "W", 9), sold("south", "S", 9)]
    tables: dict[str, Any] = {"products": PRODUCTS, "locations": PLACES, "lanes": [LANES[0] | {"cost_per_unit": 1.0}],
                              "forecasts": [forecast("north", 1), forecast("south", 2)]}  # fmt: skip
    first = shop(ways, as_of=AS_OF, stock_snapshots=[counted("W", 60), counted("S", 2)], **tables)
    row = transfers.report(first, GoodsFilters(), InForce(STRICT)).rows.row(0, named=True)
    given = outcomes.on_transfer(row, AS_OF, "v1", None)
    assert (given["location"], given["from_location"], given["units_proposed"]) == ("S", "W", 14)
    frozen = json.dumps(dict(given["frozen"]))
    kept = log().with_columns(location=pl.lit("S"), from_location=pl.lit("W"), units_decided=pl.lit(14, pl.Int64),
                              frozen=pl.lit(frozen))  # fmt: skip
    arrived = {"inbound_id": "M", "location_id": "S", "sku": "tea", "quantity": 14, "from_location": "W",
               "due_on": AS_OF + timedelta(days=3), "ordered_on": AS_OF + timedelta(days=1),
               "received_on": AS_OF + timedelta(days=3)}  # fmt: skip
    later = shop(
        ways, as_of=AS_OF + timedelta(days=12), inbound=[arrived],
        stock_snapshots=[counted("S", 14 - ahead, ago=-ahead) for ahead in range(3, 13)], **tables,
    )  # fmt: skip
    result = score(later, kept)
    # Eleven on the third evening, four left on the tenth: ten of the fourteen would have been missing.
    assert (result["outcome"], result["saved_units"]) == ("needed", 10)
    source = later("supply/replenishment/since", since=AS_OF, locations=["W"], skus=["tea"])
    assert source["moved_out"].sum() == 14


def test_an_empty_log_has_the_same_columns_and_a_full_one_can_be_downloaded() -> None:
    query, kept = after(course((30, 8))), log()
    full = outcomes.scored(query, kept)
    assert outcomes.scored(query, kept.clear()).schema == full.schema
    made = table.decisions(query.version, full)
    assert made.frame.height == 1
    assert {column.name for column in made.columns} == set(made.frame.columns)
    assert datetime.fromisoformat(made.frame["made_at"].item()).replace(tzinfo=UTC) <= datetime.now(UTC)


def test_every_outcome_has_a_word() -> None:
    accepted, refused = {"needed", "not_enough", "not_needed", "not_done"}, {"missed", "rightly_refused"}
    assert set(table.OUTCOMES) == accepted | refused | {"open", "unknown"}
