"""The models' test as a file."""

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.model_check.report import ModelCheck
from shopkeeper.customers.table import columns, model_caption, notes_caption
from shopkeeper.exports.download import Download, about
from shopkeeper.i18n import gettext as _
from shopkeeper.lake.version import Version


def download(version: Version, found: ModelCheck) -> Download:
    """Predicted and actual in the holdout, one row per figure: `part, key, customers, predicted, actual, low, high`.

    Parts: `purchases` and `risk` (by tenth of customers), `frequency` (by past frequency), `histogram` (by number of
    repeat purchases), `tracking` (by week), and `trial` (a figure of one model; nothing is predicted).
    """
    frame = checked(found)
    split = found.calibration_end
    chosen = (
        *model_caption(found.kind, "shop"),
        *(((_("Fitted until"), i18n.date_(split)),) if split else ()),
        *notes_caption((found.reason, *found.notes)),
    )
    names = ["holdout", "p_no_purchase", "purchase"]
    told = about(version, _("Predicted and actual in the holdout"), frame.height, chosen, names, found.as_of)
    return Download("model-check", (found.kind or "none",), frame, told, columns(frame))


def checked(found: ModelCheck) -> pl.DataFrame:
    """All parts of the test as one long table."""
    parts = (
        ("purchases", found.purchases, "tenth", "actual"),
        ("risk", found.risk, "tenth", "happened"),
        ("frequency", found.by_frequency, "frequency", "actual"),
        ("histogram", found.histogram, "frequency", "actual"),
        ("tracking", found.tracking, "day", "actual"),
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
        for part, frame, key, actual in parts
    ]
    figures = ["log_likelihood", "mae", "bias", "calibration_error", "worst_tenth"]
    trials = found.trials.unpivot(figures, index=["kind", "customers"]).select(
        part=pl.lit("trial"),
        key=pl.format("{} {}", "kind", "variable"),
        customers="customers",
        predicted=nothing,
        actual="value",
        low=nothing,
        high=nothing,
    )
    return pl.concat([*rows, trials])
