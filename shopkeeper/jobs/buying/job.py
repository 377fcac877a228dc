"""The fit job: which model of buying holds on this merchant's own past, and what its parameters are.

The three models are fitted on the first part of the history and held against the rest; the one that foresaw it best is
the default. Pages only read what is kept here. Where no model can be had, a sentence says why and what it would need,
and plain rates of customers alike take its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import HORIZONS, KIND_NAMES, VALUE_NAMES, VALUES, Fits, FittedBy, Rate, Trial, Value
from shopkeeper.messages import Sentence, Word
from shopkeeper.models.buying.calibration import RISK_DAYS, in_units, risk_by_tenth
from shopkeeper.models.buying.model import DAYS, KINDS, BuyingModel, Kind, NotFitted, Unit, fit
from shopkeeper.models.buying.scoring import expected_purchases_between, holdout_log_likelihood
from shopkeeper.models.buying.spend import SpendModel, fit_spend
from shopkeeper.progress import Cancelled

Progress = Callable[[str, float], None]

SEGMENTS: tuple[FittedBy, ...] = ("channel", "cohort")
SHORTEST_HOLDOUT = 90
SHORTEST_CALIBRATION = 90


@dataclass(frozen=True)
class _Job:
    """What the steps of one run share."""

    query: Query
    unit: Unit
    progress: Progress
    cancelled: Callable[[], bool]

    def step(self, words: str, share: float) -> None:
        """Tell how far it is; raise `Cancelled` where it was called off."""
        if self.cancelled():
            raise Cancelled
        self.progress(words, share)


def fit_version(
    query: Query,
    progress: Progress = lambda _step, _share: None,
    cancelled: Callable[[], bool] = lambda: False,
    unit: Unit = "day",
) -> Fits:
    """Fit everything that the pages of customers need on the version behind `query`, which must see the whole shop.

    Raise `Cancelled` between two steps once `cancelled()` says so.
    """
    job = _Job(query, unit, progress, cancelled)
    version = query.version
    job.step("Reading purchase histories", 0.0)
    tuples = query("jobs/buying/tuples", by="shop")
    split = _split(version.first_day, version.as_of)
    trials, calibrated, models = _try_models(job, tuples, split)
    ranked = [trial.kind for trial in _ranked(trials) if trial.kind in models]
    chosen = ranked[0] if ranked else None
    segments, short = _fit_segments(job, models[chosen]) if chosen else ({}, ())
    spends, means, spend_notes = _fit_spends(job)
    job.step("Counting plain rates", 0.95)
    fitted = Fits(
        version.id,
        version.as_of,
        version.first_day,
        unit,
        datetime.now(UTC),
        int(tuples["customers"].sum()),
        split,
        trials,
        chosen,
        _reason(trials, chosen, version.first_day, version.as_of, split),
        models,
        calibrated,
        segments,
        spends,
        means,
        _rates(query, version.first_day, version.as_of),
        (*short, *spend_notes),
    )
    job.step("Fits are made", 1.0)
    return fitted


def _split(first_day: date, as_of: date) -> date | None:
    """The last third of the history is held out, at least 90 days; what is before must be as long at least."""
    days = (as_of - first_day).days + 1
    holdout = max(SHORTEST_HOLDOUT, days // 3)
    return as_of - timedelta(days=holdout) if days - holdout >= SHORTEST_CALIBRATION else None


def _try_models(
    job: _Job, tuples: pl.DataFrame, split: date | None
) -> tuple[tuple[Trial, ...], dict[Kind, BuyingModel], dict[Kind, BuyingModel]]:
    """Trials, the models they were made with, and the same models on all days; all empty without a split."""
    if split is None:
        return (), {}, {}
    as_of = job.query.version.as_of
    days_after = job.query("customers/model_check/holdout", calibration_end=split, as_of=as_of, risk_days=RISK_DAYS)
    held = in_units(days_after, job.unit)
    trials: list[Trial] = []
    calibrated: dict[Kind, BuyingModel] = {}
    models: dict[Kind, BuyingModel] = {}
    whole = in_units(tuples, job.unit)
    for place, kind in enumerate(KINDS):
        job.step(f"Fitting {KIND_NAMES[kind]}", 0.05 + 0.2 * place)
        try:
            model = fit(_distinct(held), kind, job.unit)
            trials.append(_trial(model, held, (as_of - split).days))
            calibrated[kind] = model
            models[kind] = fit(whole, kind, job.unit, model)
        except NotFitted as refused:
            trials = [trial for trial in trials if trial.kind != kind]
            why = Sentence(refused.sentence, _plain(refused.values))
            trials.append(Trial(kind, int(held["customers"].sum()), refused=why))
    return tuple(trials), calibrated, models


def _distinct(held: pl.DataFrame) -> pl.DataFrame:
    keys = ["frequency", "recency", "T"]
    return held.group_by(keys, maintain_order=True).agg(pl.col("customers").sum())


def _plain(values: Mapping[str, object]) -> dict[str, Word]:
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in values.items()}


def _trial(model: BuyingModel, held: pl.DataFrame, days: int) -> Trial:
    """Hold one calibrated model against the holdout of `days`."""
    customers = int(held["customers"].sum())
    horizon = days / DAYS[model.unit]
    likelihood = holdout_log_likelihood(model, held, horizon)
    off = expected_purchases_between(model, held, 0.0, horizon) - held["holdout"]
    error = risk_by_tenth(model, held).select((pl.col("predicted") - pl.col("happened")).abs().alias("error"))["error"]
    return Trial(
        model.kind,
        customers,
        float(likelihood),
        float((off.abs() * held["customers"]).sum() / customers),
        float((off * held["customers"]).sum() / customers),
        _number(error.mean()),
        _number(error.max()),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Models that could be tried, the best first."""
    tried = [trial for trial in trials if trial.log_likelihood is not None]
    return sorted(tried, key=lambda trial: -(trial.log_likelihood or 0.0))


def _reason(trials: Sequence[Trial], chosen: Kind | None, first: date, as_of: date, split: date | None) -> Sentence:
    if split is None:
        needed = SHORTEST_HOLDOUT + SHORTEST_CALIBRATION
        text = N_(
            "The data cover %(days)s days; a model is believed once it was tested on this shop's own past, which needs "
            "%(needed)s. Until then, risk is the plain rate of customers alike."
        )
        return Sentence(text, {"days": (as_of - first).days + 1, "needed": needed})
    if chosen is None:
        why = next((trial.refused for trial in trials if trial.refused), None)
        text = N_("No model could be fitted: %(why)s Risk is the plain rate of customers alike.")
        return Sentence(text, {"why": why or ""})
    best, *others = _ranked(trials)
    values: dict[str, Word] = {
        "kind": KIND_NAMES[chosen],
        "day": split.isoformat(),
        "customers": best.customers,
        "days": (as_of - split).days,
        "likelihood": round(best.log_likelihood or 0.0, 1),
    }
    if not others:
        text = N_(
            "%(kind)s is the only model that could be fitted. It was fitted on purchases until %(day)s and tested on "
            "%(customers)s customers over the %(days)s days after that."
        )
        return Sentence(text, values)
    text = N_(
        "%(kind)s foresaw best what these customers did: fitted on purchases until %(day)s and tested on %(customers)s "
        "customers over the %(days)s days after that, its log-likelihood is %(likelihood)s; next comes %(other)s with "
        "%(next)s."
    )
    rival: dict[str, Word] = {
        "other": KIND_NAMES[others[0].kind],
        "next": round(others[0].log_likelihood or 0.0, 1),
    }
    return Sentence(text, {**values, **rival})


def _fit_segments(job: _Job, model: BuyingModel) -> tuple[dict[FittedBy, dict[str, BuyingModel]], tuple[Sentence, ...]]:
    """The chosen model for each channel and year of first purchase that has enough customers; names of the others."""
    found: dict[FittedBy, dict[str, BuyingModel]] = {}
    short: list[str] = []
    for place, by in enumerate(SEGMENTS):
        found[by] = {}
        tuples = in_units(job.query("jobs/buying/tuples", by=by), job.unit)
        for (segment,), part in sorted(tuples.group_by("segment"), key=lambda group: str(group[0])):
            job.step(f"Fitting {KIND_NAMES[model.kind]} for {segment}", 0.65 + 0.1 * place)
            try:
                found[by][str(segment)] = fit(part.drop("segment"), model.kind, job.unit, model)
            except NotFitted:
                short.append(str(segment))
    text = N_("Too few customers for a fit of their own: %(segments)s. The whole shop's fit serves them.")
    return found, ((Sentence(text, {"segments": ", ".join(short)}),) if short else ())


def _fit_spends(job: _Job) -> tuple[dict[Value, SpendModel], dict[Value, float], tuple[Sentence, ...]]:
    spends: dict[Value, SpendModel] = {}
    means: dict[Value, float] = {}
    notes: list[Sentence] = []
    for value in VALUES:
        job.step("Fitting what a purchase is worth", 0.9)
        spend = job.query("jobs/buying/spend", value=value)
        if not spend.is_empty():
            times = pl.col("frequency") * pl.col("customers")
            means[value] = spend.select((pl.col("monetary_value") * times).sum() / times.sum()).item()
        above = spend.filter(pl.col("monetary_value") > 0)
        if below := int(spend.filter(pl.col("monetary_value") <= 0)["customers"].sum()):
            text = N_(
                "%(customers)s customers whose repeat purchases brought nothing or cost money (%(value)s) are not in "
                "the fit of what a purchase is worth."
            )
            notes.append(Sentence(text, {"customers": below, "value": VALUE_NAMES[value]}))
        try:
            spends[value] = fit_spend(above)
        except NotFitted as refused:
            # Margin and revenue of the same purchases mostly fail for the same reason, which is said once.
            if refused.sentence not in {note.text for note in notes}:
                notes.append(Sentence(refused.sentence, _plain(refused.values)))
    return spends, means, tuple(notes)


def _rates(query: Query, first_day: date, as_of: date) -> tuple[Rate, ...]:
    """Rates over each horizon of which the shop has twice as many days."""
    known = [days for days in HORIZONS if (as_of - first_day).days + 1 >= 2 * days]
    return tuple(
        Rate(days=days, **row)
        for days in known
        for row in query("jobs/buying/rates", as_of=as_of, days=days).to_dicts()
    )
