"""Decisions on proposals, frozen with what was known, and what became of them."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.merchant.decisions import ProposalKind

_FROZEN = {
    "lands_on": pl.Date,
    "until": pl.Date,
    "forecast_until": pl.Date,
    "forecast_units": pl.Float64,
    "unit_margin": pl.Float64,
    "expected_margin": pl.Float64,
}


def on_order(
    row: Mapping[str, Any], as_of: date, review_days: int, version: str, forecast: str | None
) -> Mapping[str, Any]:
    """What a decision on a row of `OrderProposals.rows` freezes, as arguments of `Decision`."""
    lead = int(-(-float(row["lead_days"]) // 1))
    dates = {
        "lands_on": row["lands_on"],
        "until": row["lands_on"] + timedelta(days=review_days),
        "forecast_until": as_of + timedelta(days=max(lead, 1)),
        "forecast_units": row["need_lead"],
        "expected_margin": row["margin_protected"],
    }
    return _given(row, "order", row["location"], None, dates, as_of, version, forecast)


def on_transfer(row: Mapping[str, Any], as_of: date, version: str, forecast: str | None) -> Mapping[str, Any]:
    """The same for a row of `transfers.Transfers.rows`."""
    dates = {
        "until": row["next_supply_on"],
        "forecast_until": row["next_supply_on"],
        "forecast_units": row["to_need"],
        "expected_margin": row["margin_saved"],
    }
    return _given(row, "transfer", row["to_location"], row["from_location"], dates, as_of, version, forecast)


def _given(
    row: Mapping[str, Any],
    kind: ProposalKind,
    location: str,
    source: str | None,
    more: Mapping[str, Any],
    as_of: date,
    version: str,
    forecast: str | None,
) -> Mapping[str, Any]:
    frozen = {name: _plain(value) for name, value in {**row, **more}.items()}
    return {
        "proposal": row["proposal"],
        "kind": kind,
        "location": location,
        "from_location": source,
        "sku": row["sku"],
        "units_proposed": float(row["units"]),
        "as_of": as_of,
        "version": version,
        "forecast": forecast,
        "frozen": frozen,
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def scored(query: Query, decisions: pl.DataFrame) -> pl.DataFrame:
    """Decisions (rows of `state.decisions`) with what the data know by now of each, in the same order.

    Added: `lands_on, until` (the days it is about: from landing until a later order could have landed),
    `expected_margin` (as promised, shop currency), `forecast_units` and `left_units` (expected and really sold or moved
    out over the lead time; null until it is over), `landed_units`, `ran_out` (after the landing day), `without_run_out`
    (without the units that landed it would have), `saved_units` (sold only because of them), `saved_margin`, and
    `outcome`:

    - accepted or changed: `needed` (would have run out, did not), `not_enough` (ran out all the same), `not_needed`,
      `not_done` (nothing landed);
    - refused: `missed` (ran out), `rightly_refused`;
    - `open` (the days are not over), `unknown` (nobody counted the stock).
    """
    unfrozen = _unfrozen(decisions)
    if unfrozen.is_empty():
        empty = {name: pl.lit(None, dtype=kind) for name, kind in _SCORES.items()}
        return unfrozen.with_columns(**empty).select(*decisions.columns, *_SCORES)
    seen = query(
        "supply/replenishment/since",
        since=min(unfrozen["as_of"].to_list()),
        locations=unfrozen["location"].unique().sort().to_list(),
        skus=unfrozen["sku"].unique().sort().to_list(),
    )
    days = unfrozen.join(seen, on=["location", "sku"]).filter(pl.col("day") > pl.col("as_of"))
    measured = _measured(days)
    scores = unfrozen.join(measured, on="id", how="left", maintain_order="left")
    as_of = pl.lit(query.version.as_of)
    over = as_of >= pl.col("until")
    scores = scores.with_columns(
        left_units=pl.when(as_of >= pl.col("forecast_until")).then(pl.col("left_units").fill_null(0.0)),
        landed_units=pl.col("landed_units").fill_null(0.0),
        outcome=_outcome(over),
    )
    saved = pl.when(pl.col("outcome").is_in(["needed", "not_enough"])).then("saved_units")
    return scores.with_columns(saved_units=saved, saved_margin=saved * pl.col("unit_margin").clip(0)).select(
        *decisions.columns, *_SCORES
    )


_SCORES: Mapping[str, Any] = {
    "lands_on": pl.Date,
    "until": pl.Date,
    "expected_margin": pl.Float64,
    "forecast_units": pl.Float64,
    "left_units": pl.Float64,
    "landed_units": pl.Float64,
    "ran_out": pl.Boolean,
    "without_run_out": pl.Boolean,
    "saved_units": pl.Float64,
    "saved_margin": pl.Float64,
    "outcome": pl.String,
}


def _unfrozen(decisions: pl.DataFrame) -> pl.DataFrame:
    """With the frozen values that the score stands on."""
    frozen = [json.loads(text) for text in decisions["frozen"]]
    columns = []
    for name, kind in _FROZEN.items():
        values = [row.get(name) for row in frozen]
        if kind == pl.Date:
            values = [date.fromisoformat(value) if value else None for value in values]
        columns.append(pl.Series(name, values, dtype=kind))
    return decisions.with_columns(columns)


def _measured(days: pl.DataFrame) -> pl.DataFrame:
    """By decision: what landed and left, and the stock from the landing day on, with and without the units."""
    window = pl.col("day") <= pl.col("until")
    landed = pl.col("landed").filter(window).sum()
    first = pl.coalesce(pl.col("day").filter(window & (pl.col("landed") > 0)).min(), pl.col("lands_on").first())
    sums = days.group_by("id").agg(
        landed_units=landed,
        landed_on=first,
        left_units=(pl.col("sold") + pl.col("moved_out")).filter(pl.col("day") <= pl.col("forecast_until")).sum(),
    )
    after = days.join(sums.select("id", "landed_on", "landed_units"), on="id").filter(
        window & (pl.col("day") >= pl.col("landed_on")) & pl.col("on_hand").is_not_null()
    )
    done = pl.min_horizontal(pl.col("units_decided"), pl.col("landed_units")).first()
    lowest = pl.col("on_hand").min()
    stock = after.group_by("id").agg(
        ran_out=lowest <= 0,
        without_run_out=lowest <= done,
        saved_units=(done - lowest.clip(0)).clip(0).cast(pl.Float64),
    )
    return sums.drop("landed_on").join(stock, on="id", how="left")


def _outcome(over: pl.Expr) -> pl.Expr:
    refused = pl.col("verdict") == "refused"
    return (
        pl.when(~over)
        .then(pl.lit("open"))
        .when(pl.col("ran_out").is_null())
        .then(pl.lit("unknown"))
        .when(refused)
        .then(pl.when("ran_out").then(pl.lit("missed")).otherwise(pl.lit("rightly_refused")))
        .when(pl.col("landed_units").fill_null(0.0) <= 0)
        .then(pl.lit("not_done"))
        .when("ran_out")
        .then(pl.lit("not_enough"))
        .when("without_run_out")
        .then(pl.lit("needed"))
        .otherwise(pl.lit("not_needed"))
    )
