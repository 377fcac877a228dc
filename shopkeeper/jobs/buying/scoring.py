"""Scores of every customer: distinct histories scored once, joined to the customers by the engine."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from shopkeeper.contract.scores import CUSTOMER_SCORES, SCORED_HISTORIES
from shopkeeper.engine.query import Parameter, Query, Workspace
from shopkeeper.jobs.buying.result import HORIZONS, Fits, FittedBy, ValueMeasure
from shopkeeper.jobs.buying.scores import scored, used_kind, used_value
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.spend import SpendModel
from shopkeeper.models.buying.stages import StageRules

VALUE_HORIZONS = (91, 182, 365, 730)
"""Days over which lifetime value is told."""
PREPARED_HORIZONS = (*HORIZONS, *VALUE_HORIZONS)
FARTHEST_ORDER_DAYS = 730
"""An order expected later than this gets no date: it would be a guess with a calendar's face."""
RESIDUAL_HORIZON = 730
"""Beside this horizon the whole remaining life is told."""
FEWEST_RETURNS = 30
"""Below so many returns it is not known how long customers alike take."""
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Scoring:
    """What scores depend on. `kind` None is the model that was chosen.

    Who is left out by `quiet_days`, `return_days` and `leave_lost`: see `models.buying.rescue`.
    """

    horizon_days: int
    kind: ModelKind | None = None
    by: FittedBy = "shop"
    value: ValueMeasure = "margin"
    discount: float = 0.1
    rules: StageRules = field(default_factory=StageRules)
    quiet_days: int = 14
    return_days: int = 30
    leave_lost: bool = True

    def settled(self, fits: Fits) -> "Scoring":
        """With the model and the value that will be used; equal where the scores are."""
        chosen = used_kind(fits, self.kind)
        by = self.by if chosen is not None and fits.segments.get(self.by) and chosen == fits.chosen else "shop"
        return Scoring(
            self.horizon_days,
            chosen,
            by,
            used_value(fits, self.value),
            self.discount,
            self.rules,
            self.quiet_days,
            self.return_days,
            self.leave_lost,
        )


def is_prepared(scoring: Scoring, fits: Fits) -> bool:
    """Whether the job keeps these scores."""
    return scoring.horizon_days in PREPARED_HORIZONS and scoring.settled(fits) == Scoring(scoring.horizon_days).settled(
        fits
    )


def score_customers(workspace: Workspace, fits: Fits, scoring: Scoring) -> None:
    """Make `customer_scores` of the workspace's `customer_history`, as of the day that its histories end."""
    settled = scoring.settled(fits)
    workspace.put(SCORED_HISTORIES.name, scored_histories(workspace, fits, settled))
    workspace.make(CUSTOMER_SCORES.name, "jobs/buying/scores", **_parameters(workspace, fits, settled))


def scored_histories(query: Query, fits: Fits, settled: Scoring, by: str | None = None) -> pl.DataFrame:
    """Each distinct history with what is expected of it; `by` tells histories apart by more than the fits do."""
    histories = query("jobs/buying/tuples", by=by or settled.by).with_columns(pl.col("segment").fill_null(""))
    result = scored(
        histories,
        fits,
        settled.kind,
        settled.by,
        settled.horizon_days,
        settled.discount,
        as_of=_last_day(query),
        varying=True,
        lifelong=settled.horizon_days == RESIDUAL_HORIZON and settled.discount > 0,
    )
    return result.select([*SCORED_HISTORIES.names, *(["customers"] if by else [])])


def _last_day(query: Query) -> date:
    """The day that all histories are seen from."""
    last = query("jobs/buying/last_day")
    day: date = query.version.as_of if last.is_empty() else last["as_of"].item()
    return day


def _parameters(query: Query, fits: Fits, settled: Scoring) -> dict[str, Parameter]:
    as_of = _last_day(query)
    returns = {
        row["frequency"]: row["days"]
        for row in query("jobs/buying/return_times", as_of=as_of).to_dicts()
        if row["returns"] >= FEWEST_RETURNS
    }
    rules = settled.rules
    return {
        "as_of": as_of,
        "horizon_days": settled.horizon_days,
        "model": settled.kind or "",
        "by": settled.by,
        "value": settled.value,
        **_spend(fits, settled.value),
        "active_days": rules.active_days,
        "lost_days": rules.lost_days,
        "loyal_purchases": rules.loyal_purchases,
        "quiet_days": settled.quiet_days,
        "return_days": settled.return_days,
        "leave_lost": settled.leave_lost,
        "quiet_after_first": returns.get(0, UNKNOWN),
        "quiet_after_second": returns.get(1, UNKNOWN),
        "farthest_order_days": FARTHEST_ORDER_DAYS,
    }


def _spend(fits: Fits, value: ValueMeasure) -> dict[str, Parameter]:
    """What a purchase is worth, as the macros `spend_mean` and `value_variance` take it."""
    spend, mean = fits.spends.get(value), fits.means.get(value)
    unknown = dict.fromkeys(("spend_p", "spend_q", "spend_v", "between", "within"), UNKNOWN)
    match spend:
        case SpendModel():
            p, q, v = spend.values
            fitted = {"spend_p": p, "spend_q": q, "spend_v": v * (1 - spend.refunded)}
            return {**unknown, **fitted, "spend_kind": "gamma", "shop_value": spend.population_mean}
        case CredibilityModel():
            fitted = {"between": spend.between, "within": spend.within}
            return {**unknown, **fitted, "spend_kind": "credible", "shop_value": spend.population_mean}
        case _:
            return {**unknown, "spend_kind": "", "shop_value": UNKNOWN if mean is None else max(mean, 0.0)}
