"""Kaplan-Meier: how long until something happens, with customers who are still waiting counted as far as seen.

Kaplan & Meier (1958), J. Am. Stat. Assoc. 53; the interval is Greenwood's on the log-log scale, which stays within
[0, 1] (Kalbfleisch & Prentice 1980).
"""

import polars as pl

from shopkeeper.models.intervals import NORMAL_QUANTILE_975, wilson

ONE_CURVE = "curve"


def kaplan_meier(times: pl.DataFrame, by: str | None = None, z: float = NORMAL_QUANTILE_975) -> pl.DataFrame:
    """Survival curve of `duration` (number, >= 0), `observed` BOOL (false = still waiting), `customers` INT (optional).

    One row per group `by` (if given) and time at which something happened, and a first row at 0:
    `<by>, duration, at_risk, events, censored, survival, low, high` (95 % unless `z` says otherwise, Greenwood on the
    log-log scale; null where undefined: before the first event; at survival 0). `censored` are those lost from here to
    before the next row. An event at the same time as a censoring counts as the earlier of the two.
    """
    if times.select(
        (pl.col("duration").is_null() | (pl.col("duration") < 0) | pl.col("observed").is_null()).any()
    ).item():
        raise ValueError("a duration is known and not negative, and either observed or not")
    group = [pl.col(by)] if by else [pl.lit("").alias(ONE_CURVE)]
    key = by or ONE_CURVE
    n = (pl.col("customers") if "customers" in times.columns else pl.lit(1)).cast(pl.Int64)
    steps = times.select(*group, pl.col("duration").cast(pl.Float64), "observed", n=n)
    starts = steps.select(key).unique().with_columns(duration=0.0, observed=False, n=pl.lit(0, dtype=pl.Int64))
    curve = (
        pl.concat([steps, starts])
        .group_by(key, "duration")
        .agg(events=pl.col("n").filter("observed").sum(), censored=pl.col("n").filter(~pl.col("observed")).sum())
        .sort(key, "duration")
        .with_columns(at_risk=(pl.col("events") + pl.col("censored")).cum_sum(reverse=True).over(key))
        .with_columns(shown=((pl.col("events") > 0) | (pl.col("duration") == 0)).cum_sum().over(key))
        .group_by(key, "shown", maintain_order=True)
        .agg(pl.col("duration", "at_risk").first(), pl.col("events", "censored").sum())
    )
    return _with_survival(curve, key, z).select(
        *([by] if by else []), "duration", "at_risk", "events", "censored", "survival", "low", "high"
    )


def _with_survival(curve: pl.DataFrame, key: str, z: float) -> pl.DataFrame:
    risk, events = pl.col("at_risk"), pl.col("events")
    survival = pl.col("survival")
    inside = (survival > 0) & (survival < 1)
    log_survival = pl.when(inside).then(survival).log()
    # Greenwood's sum may be infinite in the row where the last customer leaves; that row has no interval.
    greenwood = pl.when(risk > events).then(events / (risk * (risk - events))).cum_sum().over(key)
    spread = (z * greenwood.sqrt() / log_survival.abs()).exp()
    return curve.with_columns(
        survival=pl.when(risk > 0).then(1 - events / risk).otherwise(1.0).cum_prod().over(key)
    ).with_columns(low=(log_survival * spread).exp(), high=(log_survival / spread).exp())


def median(curve: pl.DataFrame) -> float | None:
    """First time at which survival of one curve is at most one half; None where it is never reached."""
    reached = curve.filter(pl.col("survival") <= 0.5)["duration"]
    return None if reached.is_empty() else float(reached.min())  # type: ignore[arg-type]


def bounded(curve: pl.DataFrame, z: float = NORMAL_QUANTILE_975) -> pl.DataFrame:
    """The curves with an interval in every row: Wilson's of none, or all, of those at risk where Greenwood has none.

    Before the first event nobody can say that none will come, nor at survival 0 that nobody stays away.
    """
    share = pl.col("survival").round()
    low, high = wilson(share * pl.col("at_risk"), pl.col("at_risk"), z)
    return curve.with_columns(low=pl.coalesce("low", low), high=pl.coalesce("high", high))
