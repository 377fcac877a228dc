"""The fit job: which model of buying holds on this merchant's own past, and what its parameters are.

Models and simple rules are made of what was known at several cutoffs and held against what came after; which one is
believed is said in `models.buying.contest`. Pages only read what is kept here. Where no model can be had, a sentence
says why and what it would need, and plain rates of customers alike take its place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.contest import MOST_COUNTED, contested, cutoffs_of, irregular, one_in, past_of, split_of
from shopkeeper.jobs.buying.reason import reason_of
from shopkeeper.jobs.buying.result import (
    KIND_NAMES,
    Fits,
    FittedBy,
)
from shopkeeper.jobs.buying.season import season_of
from shopkeeper.jobs.buying.spends import fit_spends
from shopkeeper.messages import Message
from shopkeeper.models.buying.calibration import in_units
from shopkeeper.models.buying.contest import choice, standings
from shopkeeper.models.buying.model import KINDS, BuyingModel, ModelKind, NotFitted, ParametricKind, Unit, fit
from shopkeeper.models.buying.recalibration import recalibrate
from shopkeeper.models.buying.rules import RULES, Rule, fit_rule
from shopkeeper.models.buying.sampling import thinned
from shopkeeper.models.buying.season import Clock
from shopkeeper.progress import UNHEARD, Progress

SEGMENTS: tuple[FittedBy, ...] = ("channel", "cohort")
MOST_TOLD_APART = 200_000
"""Histories that a fit tells apart."""
SHARE_OF_SEASON, SHARE_OF_CONTEST = 0.1, 0.6


@dataclass(frozen=True)
class Fitting:
    """What the steps of one run share."""

    query: Query
    unit: Unit
    progress: Progress
    clock: Clock


def fit_version(query: Query, progress: Progress = UNHEARD, unit: Unit = "day") -> Fits:
    """Fit everything that the pages of customers need on the version behind `query`, which must see the whole shop.

    Raise `Cancelled` where it is called off between two steps.
    """
    version = query.version
    first_day, as_of = version.first_day, version.as_of
    progress.step("Reading purchase histories", 0.0)
    tuples = query("jobs/buying/histories", cutoff=as_of)
    customers = int(tuples["customers"].sum())
    season = season_of(query, unit, tuples, progress.part(0.0, SHARE_OF_SEASON))
    job = Fitting(query, unit, progress, Clock(season.at(as_of), as_of))
    contest = contested(
        query, unit, customers, progress.part(SHARE_OF_SEASON, SHARE_OF_CONTEST - SHARE_OF_SEASON), season.times
    )
    models = _fit_models(job, tuples, contest.latest) if contest.tests else {}
    rules = _count_rules(job, customers)
    ranked = standings(contest.foresights, {*models, *rules})
    once = int(tuples.filter(pl.col("frequency") == 0)["customers"].sum())
    believed = choice(ranked, once / max(customers, 1))
    chosen = believed.kind if believed else None
    segments, short = _fit_segments(job, models[chosen]) if chosen in models else ({}, ())
    spends = fit_spends(query, progress)
    fitted = Fits(
        version.id,
        as_of,
        first_day,
        unit,
        datetime.now(UTC),
        customers,
        split_of(first_day, as_of),
        tuple(contest.tests),
        ranked,
        chosen,
        reason_of(ranked, believed, contest.tests, cutoffs_of(first_day, as_of), (first_day, as_of)),
        models,
        contest.calibrated,
        segments,
        rules,
        contest.calibrated_rules,
        {kind: recalibrate(tests) for kind, tests in contest.cutoff_tests.items() if kind in {*models, *rules}},
        spends.models,
        spends.means,
        (*short, *spends.notes),
        season.tests,
        season.at(as_of),
        season.at(split_of(first_day, as_of)),
    )
    progress.step("Fits are made", 1.0)
    return fitted


def _fit_models(
    job: Fitting, tuples: pl.DataFrame, latest: dict[ParametricKind, BuyingModel]
) -> dict[ModelKind, BuyingModel]:
    """The models on all days, each from its latest fit; also those whose fit at a cutoff failed."""
    models: dict[ModelKind, BuyingModel] = {}
    whole = thinned(in_units(job.clock.histories(tuples), job.unit), MOST_TOLD_APART)
    for place, kind in enumerate(KINDS):
        job.progress.step(f"Fitting {KIND_NAMES[kind]}", SHARE_OF_CONTEST + 0.03 * place)
        try:
            model = fit(whole, kind, job.unit, latest.get(kind))
        except NotFitted:
            continue
        if irregular(model) is None:
            models[kind] = model
    return models


def _count_rules(job: Fitting, customers: int) -> dict[ModelKind, Rule]:
    """What customers alike did in the last days; plain rates of any number, since they stand in for models."""
    job.progress.step("Counting plain rates", 0.76)
    past = past_of(job.query, job.query.version.as_of, one_in(customers, MOST_COUNTED))
    rules: dict[ModelKind, Rule] = {}
    for kind in RULES:
        try:
            rules[kind] = fit_rule(kind, past, 1) if kind == "plain_rates" else fit_rule(kind, past)
        except NotFitted:
            continue
    return rules


def _fit_segments(
    job: Fitting, model: BuyingModel
) -> tuple[dict[FittedBy, dict[str, BuyingModel]], tuple[Message, ...]]:
    """The chosen model for each channel and year of first purchase that has enough customers; names of the others."""
    models: dict[FittedBy, dict[str, BuyingModel]] = {}
    short: list[str] = []
    for place, by in enumerate(SEGMENTS):
        models[by] = {}
        tuples = in_units(job.clock.histories(job.query("jobs/buying/tuples", by=by)), job.unit)
        for (segment,), part in sorted(tuples.group_by("segment"), key=lambda group: str(group[0])):
            job.progress.step(f"Fitting {KIND_NAMES[model.kind]} for {segment}", 0.8 + 0.07 * place)
            try:
                models[by][str(segment)] = fit(
                    thinned(part.drop("segment"), MOST_TOLD_APART), model.kind, job.unit, model
                )
            except NotFitted:
                short.append(str(segment))
    text = N_("Too few customers for a fit of their own: {segments}. The whole shop's fit serves them.")
    return models, ((Message(text, {"segments": ", ".join(short)}),) if short else ())
