"""The fits of a version: models, how they did on the holdout, plain rates, and notes of what fell short."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from shopkeeper.i18n import N_
from shopkeeper.messages import Message
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import BuyingModel, ModelKind, Unit
from shopkeeper.models.buying.spend import SpendModel

ValueMeasure = Literal["margin", "revenue"]
FittedBy = Literal["shop", "channel", "cohort"]

FORMAT = 4
VALUES: tuple[ValueMeasure, ...] = ("margin", "revenue")
VALUE_NAMES: Mapping[ValueMeasure, str] = {"margin": N_("margin"), "revenue": N_("net revenue")}
"""What is valued, within a sentence."""
HORIZONS = (30, 60, 90, 180)
"""Days over which risk is reported."""
KIND_NAMES: Mapping[str, str] = {"mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD"}


@dataclass(frozen=True)
class HoldoutTest:
    """How one model, fitted up to the split, foresaw the days after it; nothing but `refused` where it has no fit.

    `log_likelihood` sums log P(purchases in the holdout | history) over customers; `mae` and `bias` (predicted -
    actual) are purchases per customer; `calibration_error` is the mean distance, over tenths of customers ordered by
    risk, between P(no purchase in RISK_DAYS) and the share that did not buy (0 to 1), `worst_tenth` the largest of
    these.
    """

    kind: ModelKind
    customers: int
    log_likelihood: float | None = None
    mae: float | None = None
    bias: float | None = None
    calibration_error: float | None = None
    worst_tenth: float | None = None
    refused: Message | None = None


@dataclass(frozen=True)
class Rate:
    """What customers alike did in `days`: by band of frequency (0 to 4 and more) and of inactivity (1 to 5)."""

    days: int
    frequency_band: int
    inactivity_band: int
    customers: int
    buyers: int
    purchases: int


@dataclass(frozen=True)
class Fits:
    """All fits of one version. Parameters are in `unit`.

    `calibration_end` is the split (`None` where the history is too short for one). `chosen` is the default model, with
    its `reason`; `None` means that the plain `rates` serve. `models` are fitted on all days, `calibrated` up to the
    split, `segments` with the chosen model by channel and by year of the first purchase. `spends` and `means` (of one
    repeat purchase, in shop currency) are by what is valued. `notes` say what fell short.
    """

    version: str
    as_of: date
    first_day: date
    unit: Unit
    made_at: datetime
    customers: int
    calibration_end: date | None
    holdout_tests: tuple[HoldoutTest, ...]
    chosen: ModelKind | None
    reason: Message
    models: Mapping[ModelKind, BuyingModel]
    calibrated: Mapping[ModelKind, BuyingModel]
    segments: Mapping[FittedBy, Mapping[str, BuyingModel]]
    spends: Mapping[ValueMeasure, SpendModel | CredibilityModel]
    means: Mapping[ValueMeasure, float]
    rates: tuple[Rate, ...]
    notes: tuple[Message, ...]
