"""Churn risk: who is leaving, what is at stake, and whom to rescue first.

Risk is P(no purchase in the next H days | history). Value at stake is that risk times what the customer would bring in
these days if still active.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import polars as pl

from shopkeeper.customers.churn.frames import ALIVE, CUSTOMERS, DISTRIBUTION, PURCHASES, SEGMENTS
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_model, check_viewer, customers, notes, seen_until
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import HORIZONS, Fits, FittedBy, ValueMeasure
from shopkeeper.jobs.buying.scores import scored, used_kind, used_value, value_per_purchase
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.rescue import left_out
from shopkeeper.models.buying.stages import StageRules, stage

FARTHEST_ORDER_DAYS = 730
"""An order expected later than this gets no date: it would be a guess with a calendar's face."""
FIRST_CALLS = 100
"""Customers at the top of the rescue list, to begin with."""
FEWEST_INTER_PURCHASE_TIMES = 2
"""A rhythm of one's own takes two times between purchases."""
SEGMENT_KINDS: Mapping[str, str] = {
    "stage": "stage",
    "channel": "first_channel",
    "region": "first_region",
    "category": "first_category",
    "last_channel": "last_channel",
}


@dataclass(frozen=True)
class ChurnOptions:
    """How risk is told, and who is left out of the rescue list.

    `kind` None is the model that won the holdout. `fitted_by` takes fits per channel or per year of acquisition where
    there are any. Who is left out by `quiet_days`, `return_days` and `leave_lost`: see `models.buying.rescue`.
    Raise `Refused` for a choice that there is not.
    """

    horizon: int = 90
    kind: ModelKind | None = None
    fitted_by: FittedBy = "shop"
    value: ValueMeasure = "margin"
    discount: float = 0.1
    quiet_days: int = 14
    return_days: int = 30
    leave_lost: bool = True
    rules: StageRules = field(default_factory=StageRules)

    def __post_init__(self) -> None:
        if self.horizon not in HORIZONS:
            raise Refused(
                message(
                    "Risk is told over {known} days, not {asked}; choose one.",
                    known=", ".join(map(str, HORIZONS)),
                    asked=self.horizon,
                )
            )
        check_model(self.kind, self.discount)


@dataclass(frozen=True)
class Totals:
    """What the report comes to. Values are in shop currency, at stake within the horizon.

    `staying` customers are not lost yet; `expected_away` of them (null where no risk is known) will not buy, which puts
    `value_at_stake` there. The rescue list has `to_rescue` customers worth `rescue_value`; the `first_calls` at its top
    hold `first_value`, `first_share` of that (0 to 1; null where there is nothing).
    """

    staying: int
    expected_away: float | None
    value_at_stake: float
    to_rescue: int
    rescue_value: float
    first_calls: int
    first_value: float
    first_share: float | None


@dataclass(frozen=True)
class Churn:
    """Risk of each customer as of a day.

    `rescue` are the customers without `left_out`, whose others are counted by reason in `left_out`. `totals` sum up.
    `kind` is the model used, None for plain rates; `value` what is valued; `notes` say what fell short.
    """

    options: ChurnOptions
    filters: CustomerFilters
    as_of: date
    kind: ModelKind | None
    value: ValueMeasure
    notes: tuple[Message, ...]
    customers: Annotated[pl.DataFrame, CUSTOMERS]
    rescue: Annotated[pl.DataFrame, CUSTOMERS]
    left_out: Mapping[str, int]
    distribution: Annotated[pl.DataFrame, DISTRIBUTION]
    segments: Annotated[pl.DataFrame, SEGMENTS]
    totals: Totals


@dataclass(frozen=True)
class CustomerHistory:
    """One customer: `summary` is the row of `Churn.customers`."""

    summary: Mapping[str, object]
    purchases: Annotated[pl.DataFrame, PURCHASES]
    alive: Annotated[pl.DataFrame, ALIVE]


def report(query: Query, fits: Fits, filters: CustomerFilters, options: ChurnOptions = ChurnOptions()) -> Churn:
    """Score every chosen customer. Raise `Refused` where viewer or filters see only a part of histories."""
    scores = customers(query, filters)
    as_of = seen_until(query, filters)
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    scores = scored(scores, fits, kind, options.fitted_by, options.horizon, options.discount)
    scores = _with_value(scores, fits, value)
    scores = _with_dates(scores, as_of, options.rules).with_columns(
        left_out=left_out(
            as_of,
            quiet_days=options.quiet_days,
            return_days=options.return_days,
            leave_lost=options.leave_lost,
        )
    )
    # Customers come in the order of their ids, which a stable sort keeps among equals, in half the time.
    scores = scores.select(CUSTOMERS.names).sort(
        "value_at_stake", descending=True, nulls_last=True, maintain_order=True
    )
    missed = scores.filter(pl.col("left_out").is_not_null()).group_by("left_out").len().sort("left_out")
    rescue = scores.filter(pl.col("left_out").is_null() & pl.col("value_at_stake").is_not_null())
    return Churn(
        options,
        filters,
        as_of,
        kind,
        value,
        _notes(fits, as_of, options),
        scores,
        rescue,
        dict(missed.iter_rows()),
        _distribution(scores),
        _segments(scores),
        _totals(scores, rescue),
    )


def customer(query: Query, fits: Fits, churn: Churn, customer_id: str) -> CustomerHistory:
    """One customer's life, drawn. Raise `Refused` where the report has no such customer."""
    check_viewer(query, churn.filters)
    rows = churn.customers.filter(pl.col("customer_id") == customer_id).to_dicts()
    if not rows:
        raise Refused(message("Customer “{customer}” is not among those chosen here.", customer=customer_id))
    purchases = query("customers/churn/purchases", customer_id=customer_id, as_of=churn.as_of)
    options = churn.options
    alive = _days_of(purchases, churn.as_of).with_columns(
        first_day=pl.lit(rows[0]["first_day"]), first_channel=pl.lit(rows[0]["first_channel"])
    )
    if churn.kind is None:
        alive = alive.clear().with_columns(p_alive=pl.lit(0.0), p_no_purchase=pl.lit(0.0))
    else:
        alive = scored(alive, fits, churn.kind, options.fitted_by, options.horizon, options.discount)
    return CustomerHistory(rows[0], purchases, alive.select(ALIVE.names))


def _notes(fits: Fits, as_of: date, options: ChurnOptions) -> tuple[Message, ...]:
    warnings = notes(fits, as_of, options.kind, options.fitted_by, options.value)
    if used_kind(fits, options.kind) is None and options.horizon not in {rate.days for rate in fits.rates}:
        text = N_("Not even plain rates over {days} days are known yet: they need {needed} days of data.")
        warnings = (*warnings, Message(text, {"days": options.horizon, "needed": 2 * options.horizon}))
    return warnings


def _with_value(frame: pl.DataFrame, fits: Fits, value: ValueMeasure) -> pl.DataFrame:
    """Add `value_at_stake`; plain rates know no activity, so what customers alike bring on average stands in."""
    if_active = pl.coalesce(
        pl.when(pl.col("p_alive") > 0).then(pl.col("discounted") / pl.col("p_alive")),
        pl.when(pl.col("p_alive").is_null()).then("expected_purchases"),
    )
    valued = value_per_purchase(frame, fits, value)
    return valued.with_columns(value_at_stake=pl.col("p_no_purchase") * if_active * pl.col("purchase_value"))


def _with_dates(frame: pl.DataFrame, as_of: date, rules: StageRules) -> pl.DataFrame:
    """Add `expected_next_order, days_overdue, stage`."""
    inactivity_days = pl.col("T") - pl.col("recency")
    rhythm = pl.when(pl.col("frequency") >= FEWEST_INTER_PURCHASE_TIMES).then("median_inter_purchase_days")
    overdue = (inactivity_days - rhythm).clip(lower_bound=0).ceil().cast(pl.Int32)
    own = (rhythm - inactivity_days).clip(lower_bound=0)
    wait = pl.coalesce("wait", pl.when(pl.col("p_alive").is_null()).then(own)).ceil()
    soon = pl.when(wait.is_finite() & (wait <= FARTHEST_ORDER_DAYS)).then(wait).cast(pl.Int32)
    return frame.with_columns(
        expected_next_order=pl.lit(as_of) + pl.duration(days=soon),
        days_overdue=overdue,
        stage=stage(pl.col("frequency"), inactivity_days, pl.col("last_inter_purchase_days"), rules),
    )


def _totals(scores: pl.DataFrame, rescue: pl.DataFrame) -> Totals:
    staying = scores.filter(pl.col("stage") != "lost").select("p_no_purchase", "value_at_stake")
    any_risk = staying["p_no_purchase"].null_count() < staying.height
    whole = float(rescue["value_at_stake"].sum())
    first = rescue["value_at_stake"].head(FIRST_CALLS)
    held = float(first.sum())
    return Totals(
        staying.height,
        float(staying["p_no_purchase"].sum()) if any_risk else None,
        float(staying["value_at_stake"].sum()),
        rescue.height,
        whole,
        first.len(),
        held,
        held / whole if whole else None,
    )


def _distribution(frame: pl.DataFrame) -> pl.DataFrame:
    band = (pl.col("p_no_purchase") * 10).floor().clip(0, 9)
    with_risk = frame.filter(pl.col("p_no_purchase").is_not_null())
    by_band = with_risk.group_by(band=band.cast(pl.Int64)).agg(
        customers=pl.len().cast(pl.Int64), value_at_stake=pl.col("value_at_stake").sum()
    )
    bands = pl.DataFrame({"band": list(range(10))})
    return bands.join(by_band, on="band", how="left", maintain_order="left").select(
        low=pl.col("band") / 10,
        high=(pl.col("band") + 1) / 10,
        customers=pl.col("customers").fill_null(0),
        value_at_stake=pl.col("value_at_stake").fill_null(0.0),
    )


def _segments(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [
        frame.group_by(segment=pl.col(column).fill_null("(none)"))
        .agg(
            customers=pl.len().cast(pl.Int64),
            risk=pl.col("p_no_purchase").mean(),
            expected_lost=pl.col("p_no_purchase").sum(),
            value_at_stake=pl.col("value_at_stake").sum(),
        )
        .select(pl.lit(name).alias("segment_kind"), pl.all())
        for name, column in SEGMENT_KINDS.items()
    ]
    order = ["segment_kind", "value_at_stake", "segment"]
    return pl.concat(parts).sort(order, descending=[False, True, False])


def _days_of(purchases: pl.DataFrame, as_of: date, most: int = 400) -> pl.DataFrame:
    """The history as it stood on each day: `day, frequency, recency, T` in days."""
    first = purchases["day"].min()
    if not isinstance(first, date):
        return pl.DataFrame(schema={"day": pl.Date, "frequency": pl.Int32, "recency": pl.Int32, "T": pl.Int32})
    step = max(1, (as_of - first).days // most)
    every = pl.date_range(first, as_of, f"{step}d", eager=True).to_list()
    days = pl.DataFrame({"day": sorted({*every, *purchases["day"], as_of})}, schema={"day": pl.Date})
    bought = purchases.sort("day").select("day", last="day").with_row_index("frequency")
    return days.join_asof(bought, on="day").select(
        "day",
        pl.col("frequency").cast(pl.Int32),
        recency=(pl.col("last") - first).dt.total_days().cast(pl.Int32),
        T=(pl.col("day") - first).dt.total_days().cast(pl.Int32),
    )
