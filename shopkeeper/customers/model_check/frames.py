"""The frames of the models' test."""

from shopkeeper.contract.table import Column, Table, defined
from shopkeeper.customers.frames import CUSTOMERS_COUNT, MODEL_KIND
from shopkeeper.i18n import N_

FIGURES = ("log_likelihood", "mae", "bias", "calibration_error", "worst_tenth")
_TENTH = Column("tenth", "INTEGER", "Tenths of customers, 1 to 10.", label=N_("Tenth of customers"), format="integer")
_FREQUENCY = Column(
    "frequency", "INTEGER", "Repeat purchases; 7 is 7 and more.", label=N_("Repeat purchases"), format="integer"
)
_LOW, _HIGH = defined("low"), defined("high")


def _purchases(name: str, meaning: str, label: str) -> Column:
    return Column(name, "DOUBLE", meaning, unit="purchases per customer", label=label, format="number")


_PREDICTED = _purchases("predicted", "Predicted for the holdout.", N_("Predicted"))
_ACTUAL = _purchases("actual", "What came in the holdout.", N_("Actual"))

TRIALS = Table(
    "model_trials",
    "one row per model or rule",
    "How each model and rule, made up to the split, foresaw the days after it.",
    (
        MODEL_KIND,
        CUSTOMERS_COUNT,
        *(defined(name) for name in FIGURES),
        Column("chosen", "BOOLEAN", "Whether it is the default.", label=N_("Default")),
        Column("refused", "VARCHAR", "Why it could not be fitted.", label=N_("Why there is no fit")),
    ),
    key=("kind",),
)

_CUTOFF = Column("cutoff", "DATE", "Day up to which everything was known.", label=N_("Known until"))
_DAYS_AFTER = Column("days", "INTEGER", "Days after it.", unit="days", label=N_("Days after"), format="integer")
_LOG_SCORE = Column(
    "log_score",
    "DOUBLE",
    "Mean of log P(purchases that came | history).",
    label=N_("Log score per customer"),
    format="number",
)
_EXPECTED_TOTAL = Column(
    "expected_total",
    "DOUBLE",
    "Purchases predicted.",
    unit="purchases",
    label=N_("Purchases predicted"),
    format="integer",
)
_CAME_TOTAL = Column(
    "came_total", "DOUBLE", "Purchases that came.", unit="purchases", label=N_("Purchases that came"), format="integer"
)
_TOTAL_OFF = Column(
    "total_off",
    "DOUBLE",
    "Predicted over come, less 1; null where none came.",
    label=N_("Total off by"),
    format="percent",
)

STANDINGS = Table(
    "model_standings",
    "one row per model or rule that took part at every cutoff that counts",
    "All models and rules on the same customers, over all cutoffs; the one that foresaw best first.",
    (
        MODEL_KIND,
        Column("chosen", "BOOLEAN", "Whether it is the default.", label=N_("Default")),
        _LOG_SCORE,
        Column("behind", "DOUBLE", "Log score below the best.", label=N_("Behind the best"), format="number"),
        Column("standard_error", "DOUBLE", "Of this difference.", label=N_("Standard error"), format="number"),
        Column("tied", "BOOLEAN", "Whether it is less than two standard errors.", label=N_("Tied")),
        _EXPECTED_TOTAL,
        _CAME_TOTAL,
        _TOTAL_OFF,
        Column("cutoffs", "INTEGER", "Cutoffs that count.", label=N_("Cutoffs"), format="integer"),
    ),
    key=("kind",),
)

CUTOFF_TESTS = Table(
    "model_cutoff_tests",
    "one row per cutoff and model or rule that could be made then",
    "How each foresaw all days after each cutoff.",
    (
        _CUTOFF,
        _DAYS_AFTER,
        MODEL_KIND,
        CUSTOMERS_COUNT,
        _LOG_SCORE,
        _EXPECTED_TOTAL,
        _CAME_TOTAL,
        _TOTAL_OFF,
        defined("mae"),
    ),
    key=("cutoff", "kind"),
)

HORIZON_TESTS = Table(
    "model_horizon_tests",
    "one row per cutoff, horizon, and model or rule",
    "Risk held against what happened, within each horizon after each cutoff.",
    (
        _CUTOFF,
        Column("horizon_days", "INTEGER", "Horizon.", unit="days", label=N_("Horizon, days"), format="integer"),
        MODEL_KIND,
        Column(
            "brier",
            "DOUBLE",
            "Mean squared distance between P(no purchase) and what each customer did.",
            label=N_("Brier score"),
            format="number",
        ),
        defined("calibration_error"),
        defined("worst_tenth"),
        Column("risk", "DOUBLE", "Mean P(no purchase).", label=N_("Risk predicted"), format="percent"),
        Column("happened", "DOUBLE", "Share that did not buy.", label=N_("Did not buy"), format="percent"),
    ),
    key=("cutoff", "horizon_days", "kind"),
)

PARAMETERS = Table(
    "model_parameters",
    "one row per buying model and parameter",
    "Fits on all days; intervals are on the log scale, since parameters are above 0.",
    (
        MODEL_KIND,
        Column("parameter", "VARCHAR", "Its name in the literature.", label=N_("Parameter")),
        Column("value", "DOUBLE", "The estimate.", label=N_("Value of the parameter"), format="number"),
        Column("standard_error", "DOUBLE", "Its standard error.", label=N_("Standard error"), format="number"),
        _LOW.labelled(_LOW.label, "number"),
        _HIGH.labelled(_HIGH.label, "number"),
    ),
    key=("kind", "parameter"),
)

PURCHASES = Table(
    "check_purchases",
    "one row per tenth of customers, in the order of expected purchases",
    "Purchases per customer in the holdout, predicted and actual.",
    (_TENTH, CUSTOMERS_COUNT, _PREDICTED, _ACTUAL),
    key=("tenth",),
)

RISK = Table(
    "check_risk",
    "one row per tenth of customers, in the order of risk",
    "P(no purchase in 90 days) and the share that did not buy.",
    (
        _TENTH,
        CUSTOMERS_COUNT,
        Column("predicted", "DOUBLE", "Mean risk.", unit="share of 1", label=N_("Predicted"), format="percent"),
        Column("happened", "DOUBLE", "Share that did not buy.", label=N_("Happened"), format="percent"),
        _LOW,
        _HIGH,
    ),
    key=("tenth",),
)

BY_FREQUENCY = Table(
    "check_by_frequency",
    "one row per number of repeat purchases before the split",
    "Purchases per customer in the holdout by past frequency.",
    (_FREQUENCY, CUSTOMERS_COUNT, _PREDICTED, _ACTUAL),
    key=("frequency",),
)

HISTOGRAM = Table(
    "check_histogram",
    "one row per number of repeat purchases",
    "Customers with that many in the calibration.",
    (
        _FREQUENCY,
        Column("actual", "BIGINT", "Customers.", label=N_("Actual"), format="integer"),
        Column("predicted", "DOUBLE", "Customers expected.", label=N_("Predicted"), format="number"),
    ),
    key=("frequency",),
)

TRACKING = Table(
    "check_tracking",
    "one row per week, by its last day",
    "Repeat purchases of all customers, week by week and added up.",
    (
        Column("day", "DATE", "Last day of the week.", label=N_("Day")),
        Column("actual", "BIGINT", "Repeat purchases.", label=N_("Actual"), format="integer"),
        Column("predicted", "DOUBLE", "Expected.", label=N_("Predicted"), format="number"),
        Column("cumulative_actual", "BIGINT", "Added up.", label=N_("Actual, added up"), format="integer"),
        Column("cumulative_predicted", "DOUBLE", "Added up.", label=N_("Predicted, added up"), format="number"),
        Column("holdout", "BOOLEAN", "Whether the week lies after the split.", label=N_("In the holdout")),
    ),
    key=("day",),
)

PARTS = Table(
    "model_check",
    "one row per figure of the test",
    "All parts as one long table: purchases and risk (by tenth), frequency, histogram, tracking (by week), and trial "
    "(a figure of one model; nothing is predicted).",
    (
        Column("part", "VARCHAR", "Which part of the test."),
        Column("key", "VARCHAR", "Tenth, frequency, day, or model and figure."),
        CUSTOMERS_COUNT,
        defined("predicted"),
        defined("actual"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval of what came."),
        Column("high", "DOUBLE", "Upper end of it."),
    ),
    key=("part", "key"),
)
