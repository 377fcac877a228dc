"""What the fit job keeps of each customer, declared once: pages ask for sums and first rows, never for all of it."""

from collections.abc import Mapping

from shopkeeper.contract.table import Column, Table
from shopkeeper.contract.visibility import Visibility, read_visibility
from shopkeeper.i18n import N_
from shopkeeper.models.buying.rescue import REASONS
from shopkeeper.models.buying.stages import STAGES

CUSTOMER_SCORES = Table(
    "customer_scores",
    "one row per horizon and customer",
    N_("What is expected of each customer within a horizon, with the model that was chosen, as of the last day."),
    (
        Column("horizon_days", "INTEGER", "The next so many days.", unit="days", required=True),
        Column("model", "VARCHAR", "The model or rule; empty for plain rates in place of one.", required=True),
        Column("customer_key", "INTEGER", "The customer, as in `customer_history`.", required=True),
        Column("first_day", "DATE", "Day of the first purchase."),
        Column("first_channel", "VARCHAR", "Channel of the first purchase."),
        Column("first_region", "VARCHAR", "Ship-to region of the first purchase."),
        Column("first_category", "VARCHAR", "Category of the first purchase."),
        Column("first_sku", "VARCHAR", "Item of the first purchase."),
        Column("last_channel", "VARCHAR", "Channel of the last purchase."),
        Column("frequency", "INTEGER", "Purchases after the first."),
        Column("recency", "INTEGER", "First to last purchase.", unit="days"),
        Column("T", "INTEGER", "First purchase to the last day looked at.", unit="days"),
        Column("stage", "VARCHAR", "Stage of life by the rules in use.", allowed=STAGES),
        Column("left_out", "VARCHAR", "Why not on the rescue list; null for those on it.", allowed=REASONS),
        Column("rescue_rank", "BIGINT", "Place on the rescue list, the most at stake first; null off it."),
        Column("p_alive", "DOUBLE", "P(still buys here); null where the model knows none."),
        Column("p_no_purchase", "DOUBLE", "P(no purchase within the horizon)."),
        Column("expected_purchases", "DOUBLE", "Expected purchases within the horizon."),
        Column("expected_before", "DOUBLE", "The same as the model says it, before past cutoffs set it right."),
        Column("expected_next_order", "DATE", "When half of such customers, if active, have bought again."),
        Column("days_overdue", "INTEGER", "Days beyond the customer's own rhythm.", unit="days"),
        Column("purchase_value", "DOUBLE", "What the next purchase should bring.", unit="shop currency"),
        Column("historic_value", "DOUBLE", "What the customer has brought.", unit="shop currency"),
        Column("predicted_value", "DOUBLE", "What the horizon should bring, discounted.", unit="shop currency"),
        Column("variance", "DOUBLE", "Variance of what the horizon brings.", unit="shop currency squared"),
        Column(
            "residual_value",
            "DOUBLE",
            "What the whole remaining life should bring, discounted (DERT); null but at the longest horizon.",
            unit="shop currency",
        ),
        Column("value_at_stake", "DOUBLE", "Risk times what an active customer would bring.", unit="shop currency"),
    ),
    key=("horizon_days", "customer_key"),
)

SCORED_HISTORIES = Table(
    "scored_histories",
    "one row per segment and distinct purchase history",
    N_("What is expected of a history within a horizon; put there by who scores, without rows otherwise."),
    (
        Column("segment", "VARCHAR", "Whose model it is; empty for the whole shop's.", required=True),
        *(CUSTOMER_SCORES.column(name) for name in ("frequency", "recency", "T")),
        *(CUSTOMER_SCORES.column(name) for name in ("p_alive", "p_no_purchase", "expected_purchases")),
        CUSTOMER_SCORES.column("expected_before"),
        Column("discounted", "DOUBLE", "Expected purchases, each discounted to today."),
        Column("wait", "DOUBLE", "Days until half of such customers, if active, have bought.", unit="days"),
        Column("factorial", "DOUBLE", "E[n (n - 1)] of the purchases n; null where nothing is known."),
        Column("residual", "DOUBLE", "Purchases of the whole remaining life, each discounted; null without a model."),
    ),
    key=("segment", "frequency", "recency", "T"),
)

SCORE_TABLES: Mapping[str, tuple[Table, Visibility]] = {
    table.name: (table, read_visibility("none")) for table in (CUSTOMER_SCORES, SCORED_HISTORIES)
}
"""A score is made of purchases in all categories and regions."""
