"""How long suppliers take: as stated, held against what their deliveries took.

A supplier's deliveries say by how many days he misses what the products table says of an item. So much is added to the
stated days, in part: k deliveries' weight stands behind what is stated (a normal mean with a prior of that weight;
Gelman et al. 2013, *Bayesian Data Analysis*, ch. 2.5). The spread is pooled in the same way.
"""

import polars as pl

from shopkeeper.engine.query import Query

FEWEST_DELIVERIES = 3
"""From as many deliveries on, a supplier's lead time is measured."""
STATED_WEIGHT = 5.0
"""What is stated counts as much as so many deliveries."""
SCORE = (
    "supplier",
    "skus",
    "stated_days",
    "stated_sd",
    "deliveries",
    "measured_days",
    "measured_sd",
    "on_time_share",
    "early_share",
    "late_share",
    "days_late",
    "short_share",
    "overdue",
    "used_days",
    "used_sd",
    "lead_source",
)
"""Columns of a supplier's score."""


def suppliers(query: Query) -> pl.DataFrame:
    """Rows of `supply/suppliers`: what is stated and what was measured."""
    return query("supply/suppliers", as_of=query.version.as_of)


def learned(items: pl.DataFrame, suppliers: pl.DataFrame) -> pl.DataFrame:
    """`sku, lead_days, lead_sd, lead_source` of each item (`sku, supplier, lead_days, lead_sd`), in the same order.

    `lead_source`: products (stated), both (stated, corrected by deliveries), deliveries (nobody states it), policy
    (nobody knows: days are null).
    """
    joined = items.join(suppliers.drop("skus"), on="supplier", how="left", maintain_order="left")
    return joined.select("sku", **_used("lead_days", "lead_sd"))


def scores(suppliers: pl.DataFrame) -> pl.DataFrame:
    """Each supplier's score, with the days that are used: of his items' mean where they are stated."""
    used = _used("stated_days", "stated_sd")
    named = {"used_days": used["lead_days"], "used_sd": used["lead_sd"], "lead_source": used["lead_source"]}
    return suppliers.with_columns(**named).select(SCORE)


def _used(stated_days: str, stated_sd: str) -> dict[str, pl.Expr]:
    is_stated = pl.col(stated_days).is_not_null()
    enough = pl.col("deliveries").fill_null(0) >= FEWEST_DELIVERIES
    corrected = is_stated & enough & pl.col("deviation_days").is_not_null()
    weight = pl.col("orders") / (pl.col("orders") + STATED_WEIGHT)
    deviation_sd = pl.col("deviation_sd").fill_null(0.0)
    pooled = (pl.col(stated_sd).pow(2) * (1 - weight) + deviation_sd.pow(2) * weight).sqrt()
    measured_days, measured_sd = (pl.when(enough).then(pl.col(name)) for name in ("measured_days", "measured_sd"))
    return {
        "lead_days": pl.when(corrected)
        .then((pl.col(stated_days) + weight * pl.col("deviation_days")).clip(0))
        .otherwise(pl.coalesce(stated_days, measured_days)),
        # A lead time without a spread still has one, if it was measured.
        "lead_sd": pl.when(corrected)
        .then(pl.coalesce(pooled, deviation_sd))
        .otherwise(pl.coalesce(stated_sd, measured_sd)),
        "lead_source": pl.when(corrected)
        .then(pl.lit("both"))
        .when(is_stated)
        .then(pl.lit("products"))
        .when(enough)
        .then(pl.lit("deliveries"))
        .otherwise(pl.lit("policy")),
    }
