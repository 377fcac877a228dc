"""The fit job: which model of buying holds on this merchant's own past, and what its parameters are.

The three models are fitted on the first part of the history and held against the rest; the one that foresaw it best is
the default. Pages only read what is kept here. Where no model can be had, a sentence says why and what it would need,
and plain rates of customers alike take its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import (
    HORIZONS,
    KIND_NAMES,
    Fits,
    FittedBy,
    HoldoutTest,
    Rate,
)
from shopkeeper.jobs.buying.spends import fit_spends
from shopkeeper.messages import Message, MessageValue
from shopkeeper.models.buying.calibration import RISK_DAYS, in_units, risk_by_tenth
from shopkeeper.models.buying.model import DAYS, KINDS, BuyingModel, ModelKind, NotFitted, Unit, fit
from shopkeeper.models.buying.scoring import expected_purchases_between, holdout_log_likelihood
from shopkeeper.progress import UNHEARD, Progress

SEGMENTS: tuple[FittedBy, ...] = ("channel", "cohort")
SHORTEST_HOLDOUT = 90
SHORTEST_CALIBRATION = 90


@dataclass(frozen=True)
class Fitting:
    """What the steps of one run share."""

    query: Query
    unit: Unit
    progress: Progress


def fit_version(
    query: Query,
    progress: Progress = UNHEARD,
    unit: Unit = "day",
) -> Fits:
    """Fit everything that the pages of customers need on the version behind `query`, which must see the whole shop.

    Raise `Cancelled` where it is called off between two steps.
    """
    job = Fitting(query, unit, progress)
    version = query.version
    job.progress.step("Reading purchase histories", 0.0)
    tuples = query("jobs/buying/tuples", by="shop")
    split = _split(version.first_day, version.as_of)
    tests, calibrated, models = _try_models(job, tuples, split)
    ranked = [test.kind for test in _ranked(tests) if test.kind in models]
    chosen = ranked[0] if ranked else None
    segments, short = _fit_segments(job, models[chosen]) if chosen else ({}, ())
    spends = fit_spends(query, progress)
    job.progress.step("Counting plain rates", 0.95)
    fitted = Fits(
        version.id,
        version.as_of,
        version.first_day,
        unit,
        datetime.now(UTC),
        int(tuples["customers"].sum()),
        split,
        tests,
        chosen,
        _reason(tests, chosen, version.first_day, version.as_of, split),
        models,
        calibrated,
        segments,
        spends.models,
        spends.means,
        _rates(query, version.first_day, version.as_of),
        (*short, *spends.notes),
    )
    job.progress.step("Fits are made", 1.0)
    return fitted


def _split(first_day: date, as_of: date) -> date | None:
    """The last third of the history is held out, at least 90 days; what is before must be as long at least."""
    days = (as_of - first_day).days + 1
    holdout = max(SHORTEST_HOLDOUT, days // 3)
    return as_of - timedelta(days=holdout) if days - holdout >= SHORTEST_CALIBRATION else None


def _try_models(
    job: Fitting, tuples: pl.DataFrame, split: date | None
) -> tuple[tuple[HoldoutTest, ...], dict[ModelKind, BuyingModel], dict[ModelKind, BuyingModel]]:
    """Tests on the holdout, the models tested, and the same models on all days; all empty without a split."""
    if split is None:
        return (), {}, {}
    as_of = job.query.version.as_of
    days_after = job.query("customers/model_check/holdout", calibration_end=split, as_of=as_of, risk_days=RISK_DAYS)
    holdout = in_units(days_after, job.unit)
    tests: list[HoldoutTest] = []
    calibrated: dict[ModelKind, BuyingModel] = {}
    models: dict[ModelKind, BuyingModel] = {}
    whole = in_units(tuples, job.unit)
    for place, kind in enumerate(KINDS):
        job.progress.step(f"Fitting {KIND_NAMES[kind]}", 0.05 + 0.2 * place)
        try:
            model = fit(_distinct(holdout), kind, job.unit)
            tests.append(_tested(model, holdout, (as_of - split).days))
            calibrated[kind] = model
            models[kind] = fit(whole, kind, job.unit, model)
        except NotFitted as refused:
            tests = [test for test in tests if test.kind != kind]
            tests.append(HoldoutTest(kind, int(holdout["customers"].sum()), refused=refused.message))
    return tuple(tests), calibrated, models


def _distinct(held: pl.DataFrame) -> pl.DataFrame:
    keys = ["frequency", "recency", "T"]
    return held.group_by(keys, maintain_order=True).agg(pl.col("customers").sum())


def _tested(model: BuyingModel, holdout: pl.DataFrame, days: int) -> HoldoutTest:
    """Hold one calibrated model against the holdout of `days`."""
    customers = int(holdout["customers"].sum())
    horizon = days / DAYS[model.unit]
    likelihood = holdout_log_likelihood(model, holdout, horizon)
    miss = expected_purchases_between(model, holdout, 0.0, horizon) - holdout["holdout"]
    error = risk_by_tenth(model, holdout).select((pl.col("predicted") - pl.col("happened")).abs().alias("error"))[
        "error"
    ]
    return HoldoutTest(
        model.kind,
        customers,
        float(likelihood),
        float((miss.abs() * holdout["customers"]).sum() / customers),
        float((miss * holdout["customers"]).sum() / customers),
        _number(error.mean()),
        _number(error.max()),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ranked(tests: Sequence[HoldoutTest]) -> list[HoldoutTest]:
    """Tests of the models that could be fitted, the best first."""
    tested = [test for test in tests if test.log_likelihood is not None]
    return sorted(tested, key=lambda test: -(test.log_likelihood or 0.0))


def _reason(
    tests: Sequence[HoldoutTest], chosen: ModelKind | None, first: date, as_of: date, split: date | None
) -> Message:
    if split is None:
        needed = SHORTEST_HOLDOUT + SHORTEST_CALIBRATION
        text = N_(
            "The data cover {days} days; a model is believed once it was tested on this shop's own past, which needs "
            "{needed}. Until then, risk is the plain rate of customers alike."
        )
        return Message(text, {"days": (as_of - first).days + 1, "needed": needed})
    if chosen is None:
        why = next((test.refused for test in tests if test.refused), None)
        text = N_("No model could be fitted: {why} Risk is the plain rate of customers alike.")
        return Message(text, {"why": why or ""})
    best, *others = _ranked(tests)
    values: dict[str, MessageValue] = {
        "kind": KIND_NAMES[chosen],
        "day": split.isoformat(),
        "customers": best.customers,
        "days": (as_of - split).days,
        "likelihood": round(best.log_likelihood or 0.0, 1),
    }
    if not others:
        text = N_(
            "{kind} is the only model that could be fitted. It was fitted on purchases until {day} and tested on "
            "{customers} customers over the {days} days after that."
        )
        return Message(text, values)
    text = N_(
        "{kind} foresaw best what these customers did: fitted on purchases until {day} and tested on {customers} "
        "customers over the {days} days after that, its log-likelihood is {likelihood}; next comes {other} with "
        "{next}."
    )
    rival: dict[str, MessageValue] = {
        "other": KIND_NAMES[others[0].kind],
        "next": round(others[0].log_likelihood or 0.0, 1),
    }
    return Message(text, {**values, **rival})


def _fit_segments(
    job: Fitting, model: BuyingModel
) -> tuple[dict[FittedBy, dict[str, BuyingModel]], tuple[Message, ...]]:
    """The chosen model for each channel and year of first purchase that has enough customers; names of the others."""
    models: dict[FittedBy, dict[str, BuyingModel]] = {}
    short: list[str] = []
    for place, by in enumerate(SEGMENTS):
        models[by] = {}
        tuples = in_units(job.query("jobs/buying/tuples", by=by), job.unit)
        for (segment,), part in sorted(tuples.group_by("segment"), key=lambda group: str(group[0])):
            job.progress.step(f"Fitting {KIND_NAMES[model.kind]} for {segment}", 0.65 + 0.1 * place)
            try:
                models[by][str(segment)] = fit(part.drop("segment"), model.kind, job.unit, model)
            except NotFitted:
                short.append(str(segment))
    text = N_("Too few customers for a fit of their own: {segments}. The whole shop's fit serves them.")
    return models, ((Message(text, {"segments": ", ".join(short)}),) if short else ())


def _rates(query: Query, first_day: date, as_of: date) -> tuple[Rate, ...]:
    """Rates over each horizon of which the shop has twice as many days."""
    horizons = [days for days in HORIZONS if (as_of - first_day).days + 1 >= 2 * days]
    return tuple(
        Rate(days=days, **row)
        for days in horizons
        for row in query("jobs/buying/rates", as_of=as_of, days=days).to_dicts()
    )
