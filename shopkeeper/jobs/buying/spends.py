"""The fit job's part on money: what a repeat purchase is worth, by what is valued."""

from dataclasses import dataclass, replace

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import VALUE_NAMES, VALUES, ValueMeasure
from shopkeeper.messages import Message
from shopkeeper.models.buying.credibility import CredibilityModel, fit_credibility
from shopkeeper.models.buying.model import NotFitted
from shopkeeper.models.buying.spend import APART_NOTE, SpendModel, fit_spend
from shopkeeper.progress import UNHEARD, Progress


@dataclass(frozen=True)
class Spends:
    """What a repeat purchase is worth, by what is valued: `models`, and plain `means` of all repeat purchases."""

    models: dict[ValueMeasure, SpendModel | CredibilityModel]
    means: dict[ValueMeasure, float]
    notes: tuple[Message, ...]


def fit_spends(query: Query, progress: Progress = UNHEARD) -> Spends:
    """Gamma-Gamma of each value; where there is none, credibility; nothing where fewer than two customers came back."""
    models: dict[ValueMeasure, SpendModel | CredibilityModel] = {}
    means: dict[ValueMeasure, float] = {}
    notes: list[Message] = []
    for value in VALUES:
        progress.step("Fitting what a purchase is worth", 0.9)
        spend = query("jobs/buying/spend", value=value)
        if spend.is_empty() and value == "margin":
            # Costs are missing, or nobody came back, which is said of net revenue.
            continue
        if not spend.is_empty():
            times = pl.col("frequency") * pl.col("customers")
            means[value] = spend.select((pl.col("monetary_value") * times).sum() / times.sum()).item()
        try:
            model, more = _fitted(query, value, spend)
            refunded, uncounted = _refunded(query, value)
            models[value] = replace(model, refunded=refunded)
            notes += (*more, *uncounted)
        except NotFitted as refused:
            notes.append(refused.message)
    # Margin and revenue of the same purchases mostly fail for the same reason, which is said once.
    return Spends(models, means, tuple(note for place, note in enumerate(notes) if note not in notes[:place]))


def _fitted(
    query: Query, value: ValueMeasure, spend: pl.DataFrame
) -> tuple[SpendModel | CredibilityModel, tuple[Message, ...]]:
    """The model of one value and what the reader should know of it; raise `NotFitted`."""
    try:
        model = fit_spend(spend.filter(pl.col("monetary_value") > 0))
    except NotFitted as refused:
        text = N_(
            "{why} What a purchase brings is each customer's own mean, held near the shop's by how far customers "
            "differ."
        )
        credible = fit_credibility(query("jobs/buying/spend_variances", value=value))
        return credible, (Message(text, {"why": refused.message}),)
    notes = [Message(text) for text in model.notes if text == APART_NOTE]
    if below := int(spend.filter(pl.col("monetary_value") <= 0)["customers"].sum()):
        text = N_(
            "{customers} customers whose repeat purchases brought nothing or cost money ({value}) are not in "
            "the fit of what a purchase is worth."
        )
        notes.append(Message(text, {"customers": below, "value": Message(VALUE_NAMES[value])}))
    return model, tuple(notes)


def _refunded(query: Query, value: ValueMeasure) -> tuple[float, tuple[Message, ...]]:
    """The share of all sales that went back to nobody; 0 with a sentence where the version does not hold it."""
    try:
        share = query("jobs/buying/nobody_refunds", value=value)["refunded"].item()
    except Refused:
        text = N_("Data imported by an earlier program do not tell what went back to nobody; import them again.")
        return 0.0, (Message(text),)
    return min(max(float(share or 0.0), 0.0), 1.0), ()
