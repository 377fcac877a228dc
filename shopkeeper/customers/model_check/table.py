"""The models' test as a file."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import polars as pl

from shopkeeper import i18n
from shopkeeper.contract.table import Column, Table
from shopkeeper.customers.model_check.frames import (
    BY_FREQUENCY,
    CUTOFF_TESTS,
    FIGURES,
    HISTOGRAM,
    HORIZON_TESTS,
    PARAMETERS,
    PARTS,
    PURCHASES,
    RISK,
    STANDINGS,
    TRACKING,
    TRIALS,
)
from shopkeeper.customers.model_check.report import ModelCheck
from shopkeeper.customers.table import model_caption, notes_caption
from shopkeeper.exports.download import Download, download
from shopkeeper.i18n import gettext as _
from shopkeeper.jobs.buying.result import KIND_NAMES
from shopkeeper.lake.version import Version
from shopkeeper.models.buying.model import ModelKind


def whole(version: Version, check: ModelCheck) -> Download:
    """Predicted and actual in the holdout, one row per figure."""
    return download(
        version,
        "model-check",
        _("Predicted and actual in the holdout"),
        parts(check),
        PARTS.labelled(),
        caption=_caption(check),
        words=_words(check),
        terms=("holdout", "p_no_purchase", "purchase"),
        as_of=check.as_of,
    )


def trials(version: Version, check: ModelCheck, refused: Mapping[ModelKind, str]) -> Download:
    """Every model on the same customers and days, the best first; `refused` says in words why one has no fit."""
    frame = check.trials.sort("log_likelihood", descending=True, nulls_last=True).with_columns(
        kind=_names(),
        chosen=pl.when("chosen").then(pl.lit("✓")).otherwise(pl.lit("")),
        refused=pl.col("kind").replace_strict(refused, default=None, return_dtype=pl.String),
    )
    read = ("kind", "chosen", "customers", *FIGURES, *(["refused"] if refused else []))
    columns = TRIALS.labelled(read)
    return _part(version, check, "model-trials", _("Models on the holdout"), frame, columns, FIGURES)


def standings(version: Version, check: ModelCheck) -> Download:
    """Every model and rule over all cutoffs, the best first."""
    frame = check.standings.with_columns(
        _names().alias("kind"), *(_ticked(name).alias(name) for name in ("chosen", "tied"))
    )
    return _part(version, check, "model-standings", _("Models and rules over all cutoffs"), frame, STANDINGS.labelled())


def cutoff_tests(version: Version, check: ModelCheck) -> Download:
    """Every model and rule on the days after each cutoff."""
    frame = check.cutoff_tests.with_columns(_names().alias("kind"))
    return _part(version, check, "model-cutoffs", _("Models and rules by cutoff"), frame, CUTOFF_TESTS.labelled())


def horizon_tests(version: Version, check: ModelCheck) -> Download:
    """Risk within each horizon after each cutoff."""
    frame = check.horizon_tests.with_columns(_names().alias("kind"))
    return _part(version, check, "model-horizons", _("Risk by cutoff and horizon"), frame, HORIZON_TESTS.labelled())


def _names() -> pl.Expr:
    return pl.col("kind").replace({kind: _(name) for kind, name in KIND_NAMES.items()})


def _ticked(name: str) -> pl.Expr:
    return pl.when(name).then(pl.lit("✓")).otherwise(pl.lit(""))


def parameters(version: Version, check: ModelCheck) -> Download:
    """Parameters of the fits on all days."""
    frame = check.parameters.with_columns(pl.col("kind").replace(KIND_NAMES))
    return _part(version, check, "model-parameters", _("Parameters of the models"), frame, PARAMETERS.labelled())


def drawn(version: Version, check: ModelCheck, name: str, title: str, frame: pl.DataFrame) -> Download:
    """The table behind one chart of the proof."""
    return _part(version, check, f"model-{name}", title, frame, CHARTS[name].labelled(frame.columns))


def _part(
    version: Version,
    check: ModelCheck,
    report: str,
    title: str,
    frame: pl.DataFrame,
    columns: tuple[Column, ...],
    terms: Sequence[str] = (),
) -> Download:
    return download(
        version,
        report,
        title,
        frame,
        columns,
        caption=_caption(check),
        words=_words(check),
        terms=("holdout", "purchase", *terms),
        as_of=check.as_of,
    )


def _caption(check: ModelCheck) -> tuple[tuple[str, str], ...]:
    split = check.calibration_end
    return (
        *model_caption(check.kind, "shop"),
        *(((_("Fitted until"), i18n.date_(split)),) if split else ()),
        *notes_caption((check.reason, check.season, *check.notes)),
    )


def _words(check: ModelCheck) -> tuple[str, ...]:
    return (check.kind or "none",)


CHARTS: Mapping[str, Table] = {
    "purchases": PURCHASES,
    "risk": RISK,
    "cumulative": TRACKING,
    "weekly": TRACKING,
    "histogram": HISTOGRAM,
    "frequency": BY_FREQUENCY,
}
"""By chart of the proof: the table of its frame."""


def parts(check: ModelCheck) -> Annotated[pl.DataFrame, PARTS]:
    """All parts of the test as one long table."""
    tests = (
        ("purchases", check.purchases, "tenth", "actual"),
        ("risk", check.risk, "tenth", "happened"),
        ("frequency", check.by_frequency, "frequency", "actual"),
        ("histogram", check.histogram, "frequency", "actual"),
        ("tracking", check.tracking, "day", "actual"),
    )
    nothing = pl.lit(None, dtype=pl.Float64)
    rows = [
        frame.select(
            part=pl.lit(part),
            key=pl.col(key).cast(pl.String),
            customers=(pl.col("customers") if "customers" in frame.columns else pl.lit(None)).cast(pl.Int64),
            predicted="predicted",
            actual=pl.col(actual).cast(pl.Float64),
            low=pl.col("low") if "low" in frame.columns else nothing,
            high=pl.col("high") if "high" in frame.columns else nothing,
        )
        for part, frame, key, actual in tests
    ]
    trials = check.trials.unpivot(FIGURES, index=["kind", "customers"]).select(
        part=pl.lit("trial"),
        key=pl.format("{} {}", "kind", "variable"),
        customers="customers",
        predicted=nothing,
        actual="value",
        low=nothing,
        high=nothing,
    )
    return pl.concat([*rows, trials])
