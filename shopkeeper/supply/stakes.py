"""What is at stake until help can land, chance included: the one definition that every page of supply uses.

Help is an order of today: from the supplier, or, at a store or dealer that a warehouse supplies, a move from there. A
warehouse without stock has to wait for its own supplier first.
"""

import numpy as np
import polars as pl

from shopkeeper.contract.forecasts import HORIZON
from shopkeeper.merchant.policy import Policy
from shopkeeper.models.arrays import Floats
from shopkeeper.models.demand.series import errors_of
from shopkeeper.models.stock.inventory import INTEGER_VALUED_PATTERNS
from shopkeeper.models.stock.loss import expected_lost


def lost_until_help(rows: pl.DataFrame, units: Floats, inbound: Floats, policy: Policy) -> Floats:
    """Units of each location and SKU that are asked for but not there before help lands; NaN without demand.

    `rows` has `location, sku, from_location` (null: the supplier), `on_hand, committed, available, lead_days, lead_sd,
    error_sd, lead_error_sd, pattern`, of all locations; `units` and `inbound` are rows x days of its own demand and of
    deliveries.
    """
    help_days, help_sd = _help(rows)
    there = (rows["on_hand"].clip(0) - rows["committed"]).cast(pl.Float64).to_numpy()
    whole = rows["pattern"].is_in(list(INTEGER_VALUED_PATTERNS)).to_numpy()
    lost = expected_lost(units, there, inbound, np.ceil(help_days - 1e-9) - 1, errors_of(rows), help_sd, whole)
    return np.asarray(np.where(units[:, :HORIZON].sum(axis=1) >= policy.no_demand_units, lost, np.nan))


def _help(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Days until help lands, and their standard deviation."""
    givers = rows.select(
        pl.col("location").alias("from_location"),
        "sku",
        giver_days=pl.when(pl.col("available") > 0).then(0.0).otherwise("lead_days"),
        giver_sd=pl.when(pl.col("available") > 0).then(0.0).otherwise("lead_sd"),
    )
    joined = rows.select("from_location", "sku", "lead_days", "lead_sd").join(
        givers, on=["from_location", "sku"], how="left", maintain_order="left"
    )
    days = joined["lead_days"] + joined["giver_days"].fill_null(0.0)
    sd = (joined["lead_sd"].pow(2) + joined["giver_sd"].fill_null(0.0).pow(2)).sqrt()
    return days.to_numpy().astype(float), sd.to_numpy().astype(float)
