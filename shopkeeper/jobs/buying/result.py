"""The fits of a version: models, how they did on the holdout, plain rates, and notes of what fell short."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np

from shopkeeper.i18n import N_
from shopkeeper.messages import Message
from shopkeeper.models.buying.contest import Standing
from shopkeeper.models.buying.credibility import CredibilityModel
from shopkeeper.models.buying.model import BuyingModel, ModelKind, Unit
from shopkeeper.models.buying.recalibration import Recalibration
from shopkeeper.models.buying.rules import Rule, RuleTable
from shopkeeper.models.buying.season import NO_SEASON, OperationalTime
from shopkeeper.models.buying.spend import SpendModel

ValueMeasure = Literal["margin", "revenue"]
FittedBy = Literal["shop", "channel", "cohort"]

FORMAT = 7
VALUES: tuple[ValueMeasure, ...] = ("margin", "revenue")
VALUE_NAMES: Mapping[ValueMeasure, str] = {"margin": N_("margin"), "revenue": N_("net revenue")}
"""What is valued, within a sentence."""
HORIZONS = (30, 60, 90, 180)
"""Days over which risk is reported."""
RULE_HORIZONS = (*HORIZONS, 365)
"""Days over which rules count what customers alike did; the longest says how their buying falls off."""
KIND_NAMES: Mapping[str, str] = {
    "mbg_nbd": "MBG/NBD",
    "bg_nbd": "BG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "nbd": "NBD",
    "mbg_cnbd": "MBG/CNBD-k",
    "plain_rates": N_("Plain rates"),
    "last_period": N_("Last period"),
    "hiatus": N_("Hiatus rule"),
}
"""Rules have names in the reader's language: to be shown through `kind_name`."""


def kind_name(kind: str) -> Message:
    """The name of a model or rule, within a sentence or by itself."""
    return Message(KIND_NAMES[kind])


@dataclass(frozen=True)
class HorizonTest:
    """Risk over `days` held against what happened at one cutoff.

    `brier` is the mean squared distance between P(no purchase) and what each customer did (Brier 1950); by tenths of
    customers in the order of risk, `calibration_error` is the mean distance to the share that did not buy and
    `worst_tenth` the largest (0 to 1). `predicted` and `happened` are the mean risk and the share of all.
    """

    days: int
    brier: float
    calibration_error: float
    worst_tenth: float
    predicted: float
    happened: float


@dataclass(frozen=True)
class HoldoutTest:
    """How one model or rule, made up to `cutoff`, foresaw the `days` after it; `refused` says why it could not.

    `log_likelihood` sums log P(purchases in the holdout | history) over customers; `mae` and `bias` (predicted -
    actual) are purchases per customer, `predicted` and `came` those of all; `calibration_error` is the mean distance,
    over tenths of customers ordered by risk, between P(no purchase in RISK_DAYS) and the share that did not buy (0 to
    1), `worst_tenth` the largest of these. `horizons` have the same for each horizon that the days hold.
    """

    kind: ModelKind
    cutoff: date
    days: int
    customers: int
    log_likelihood: float | None = None
    mae: float | None = None
    bias: float | None = None
    calibration_error: float | None = None
    worst_tenth: float | None = None
    predicted: float | None = None
    came: float | None = None
    horizons: tuple[HorizonTest, ...] = ()
    refused: Message | None = None


@dataclass(frozen=True)
class SeasonTest:
    """Purchases in the `days` after a cutoff: those that came, and those expected without the season and with it."""

    cutoff: date
    days: int
    came: float
    without: float
    within: float

    @property
    def miss_without(self) -> float:
        """Logarithm of what came over what was expected without the season; one purchase halved keeps it finite."""
        return float(np.log((self.came + 0.5) / (self.without + 0.5)))

    @property
    def miss_within(self) -> float:
        """The same with the season."""
        return float(np.log((self.came + 0.5) / (self.within + 0.5)))


@dataclass(frozen=True)
class Fits:
    """All fits of one version. Parameters are in `unit`.

    `calibration_end` is the split (`None` where the history is too short for one). `tests` hold every model and rule
    against what came after each cutoff, the split among them; `standings` compare them over all cutoffs. `chosen` is
    the default, with its `reason`; `None` means that plain rates serve, where there are any. `models` are fitted on all
    days, `calibrated` up to the split, `segments` with the chosen model by channel and by year of the first purchase.
    `rules` are counted on the last days, `calibrated_rules` up to the split. `recalibrations` set what models and rules
    say right by what came after past cutoffs. `spends` and `means` (of one repeat purchase, in shop currency) are by
    what is valued. `notes` say what fell short. `season_tests` say how the season did on past cutoffs; `time` is the
    shop's clock by which models count where it proved itself, `calibrated_time` that known at the split.
    """

    version: str
    as_of: date
    first_day: date
    unit: Unit
    made_at: datetime
    customers: int
    calibration_end: date | None
    tests: tuple[HoldoutTest, ...]
    standings: tuple[Standing, ...]
    chosen: ModelKind | None
    reason: Message
    models: Mapping[ModelKind, BuyingModel]
    calibrated: Mapping[ModelKind, BuyingModel]
    segments: Mapping[FittedBy, Mapping[str, BuyingModel]]
    rules: Mapping[ModelKind, Rule]
    calibrated_rules: Mapping[ModelKind, Rule]
    recalibrations: Mapping[ModelKind, Recalibration]
    spends: Mapping[ValueMeasure, SpendModel | CredibilityModel]
    means: Mapping[ValueMeasure, float]
    notes: tuple[Message, ...]
    season_tests: tuple[SeasonTest, ...] = ()
    time: OperationalTime = NO_SEASON
    calibrated_time: OperationalTime = NO_SEASON

    @property
    def in_season(self) -> bool:
        """Whether models count by the shop's time of year and events."""
        return self.time != NO_SEASON

    @property
    def holdout_tests(self) -> tuple[HoldoutTest, ...]:
        """The tests at the split, one for each model and rule."""
        return tuple(test for test in self.tests if test.cutoff == self.calibration_end)

    @property
    def rates(self) -> tuple[RuleTable, ...]:
        """Plain rates, by horizon."""
        return self.rules["plain_rates"].tables if "plain_rates" in self.rules else ()

    def contestant(self, kind: ModelKind) -> BuyingModel | Rule | None:
        """The model or rule as made on all days."""
        return self.models.get(kind) or self.rules.get(kind)

    def calibrated_contestant(self, kind: ModelKind) -> BuyingModel | Rule | None:
        """The model or rule as made up to the split."""
        return self.calibrated.get(kind) or self.calibrated_rules.get(kind)
