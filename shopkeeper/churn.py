"""Churn risk: who is leaving, what is at stake, and whom to rescue first.

Risk is P(no purchase in the next H days | history). Value at stake is that risk times what the customer would bring in
these days if still active.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import polars as pl

from shopkeeper.engine import Query
from shopkeeper.errors import Refused
from shopkeeper.filters import Filters
from shopkeeper.fits import HORIZONS, KIND_NAMES, Fits, FittedBy, Sentence, Value
from shopkeeper.histories import check_viewer, customers, notes, scored, seen_until, used_kind, used_value
from shopkeeper.i18n import N_, gettext
from shopkeeper.lifecycle import Rules, stage
from shopkeeper.models.buying import Kind
from shopkeeper.models.spend import expected_average
from shopkeeper.models.survival import kaplan_meier, median

FARTHEST_ORDER_DAYS = 730
"""An order expected later than this gets no date: it would be a guess with a calendar's face."""
FEWEST_GAPS = 2
"""A rhythm of one's own takes two gaps between purchases."""
SEGMENT_KINDS: Mapping[str, str] = {
    "stage": "stage", "channel": "first_channel", "region": "first_region", "category": "first_category",
    "last_channel": "last_channel",
}  # fmt: skip
COLUMNS = (
    "customer_id", "frequency", "recency", "T", "monetary_value", "p_alive", "p_no_purchase", "expected_purchases",
    "expected_next_order", "days_overdue", "value_at_stake", "stage", "last_day", "last_channel", "last_category",
    "last_products", "contactable", "first_day", "first_channel", "first_region", "first_category", "revenue", "margin",
    "left_out",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How risk is told, and who is left out of the rescue list.

    `kind` None is the model that won the holdout. `fitted_by` takes fits per channel or per year of acquisition where
    there are any. Left out: who said no to being contacted (not who never said), who bought in the last `quiet_days`,
    who gave something back in the last `return_days`, and (with `leave_lost`) who is lost by the stages' rules.
    Raise `Refused` for a choice that there is not.
    """

    horizon: int = 90
    kind: Kind | None = None
    fitted_by: FittedBy = "shop"
    value: Value = "margin"
    discount: float = 0.1
    quiet_days: int = 14
    return_days: int = 30
    leave_lost: bool = True
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        if self.horizon not in HORIZONS:
            raise Refused(f"Risk is told over {', '.join(map(str, HORIZONS))} days, not {self.horizon}; choose one.")
        if self.kind is not None and self.kind not in KIND_NAMES:
            raise Refused(f"“{self.kind}” is no model; choose one of {', '.join(KIND_NAMES)}.")
        if not 0 <= self.discount <= 1:
            raise Refused(f"A discount of {self.discount:g} a year cannot be; choose 0 to 1 (0.1 is 10 %).")


@dataclass(frozen=True)
class Churn:
    """Risk of each customer as of a day.

    `customers`, one row per customer, `COLUMNS`: `frequency` (repeat purchases), `recency` and `T` (days from the
    first purchase to the last and to `as_of`), `monetary_value` (mean value of a repeat purchase, shop currency),
    `p_alive`, `p_no_purchase` (0 to 1), `expected_purchases` (in the horizon), `expected_next_order` (DATE; if still
    active, half of such customers have bought by then; null beyond two years), `days_overdue` (beyond the customer's
    own median gap; null with fewer than two gaps), `value_at_stake` (shop currency), `stage`, and `left_out` (why the
    customer is not on the rescue list: not_contactable, recent, returning, lost; null for those on it). Sorted by
    value at stake. `rescue` are the rows without `left_out`, `left_out` counts the others by reason. `distribution`,
    one row per tenth of the risk scale: `low, high, customers, value_at_stake`. `segments`, one row per segment:
    `segment_kind, segment, customers, risk` (mean), `expected_lost` (customers), `value_at_stake`. `kind` is the
    model used, None for plain rates; `value` what is valued; `notes` say what fell short.
    """

    options: Options
    filters: Filters
    as_of: date
    kind: Kind | None
    value: Value
    notes: tuple[Sentence, ...]
    customers: pl.DataFrame
    rescue: pl.DataFrame
    left_out: Mapping[str, int]
    distribution: pl.DataFrame
    segments: pl.DataFrame


@dataclass(frozen=True)
class CustomerHistory:
    """One customer: `summary` (a row of `Churn.customers`), `purchases` (`day, orders, revenue, margin`), and `alive`.

    `alive`, one row per day from the first purchase to `as_of` (every n-th where these are many): `day, p_alive,
    p_no_purchase`, each as it would have been told on that day with today's fit. Empty without a model.
    """

    summary: Mapping[str, object]
    purchases: pl.DataFrame
    alive: pl.DataFrame


@dataclass(frozen=True)
class SecondOrder:
    """The clock to the second purchase, by segment of the first.

    `curves`: `segment, duration` (days), `at_risk, events, censored, survival` (share still without a second
    purchase), `low, high, returned` (1 - survival). `medians`: `segment, customers, returned` (of those observed so
    far), `median_days` (null where half never returned). Largest segments first.
    """

    by: str
    as_of: date
    curves: pl.DataFrame
    medians: pl.DataFrame


def report(query: Query, fits: Fits, filters: Filters, options: Options = Options()) -> Churn:
    """Score every chosen customer. Raise `Refused` where viewer or filters see only a part of histories."""
    found = customers(query, filters)
    as_of = seen_until(query, filters)
    kind, value = used_kind(fits, options.kind), used_value(fits, options.value)
    found = scored(found, fits, kind, options.fitted_by, options.horizon, options.discount)
    found = _with_value(found, fits, value)
    found = _with_dates(found, as_of, options.rules).with_columns(left_out=_left_out(as_of, options))
    found = found.sort("value_at_stake", "customer_id", descending=[True, False], nulls_last=True).select(COLUMNS)
    missed = found.filter(pl.col("left_out").is_not_null()).group_by("left_out").len().sort("left_out")
    return Churn(
        options, filters, as_of, kind, value, _notes(fits, as_of, options), found,
        found.filter(pl.col("left_out").is_null() & pl.col("value_at_stake").is_not_null()),
        dict(missed.iter_rows()), _distribution(found), _segments(found),
    )  # fmt: skip


def customer(query: Query, fits: Fits, churn: Churn, customer_id: str) -> CustomerHistory:
    """One customer's life, drawn. Raise `Refused` where the report has no such customer."""
    check_viewer(query, churn.filters)
    rows = churn.customers.filter(pl.col("customer_id") == customer_id).to_dicts()
    if not rows:
        raise Refused(gettext("Customer “{customer}” is not among those chosen here.", customer=customer_id))
    purchases = query("customers/churn_purchases", customer_id=customer_id, as_of=churn.as_of)
    options = churn.options
    alive = _days_of(purchases, churn.as_of).with_columns(
        first_day=pl.lit(rows[0]["first_day"]), first_channel=pl.lit(rows[0]["first_channel"])
    )
    if churn.kind is None:
        alive = alive.clear().with_columns(p_alive=pl.lit(0.0), p_no_purchase=pl.lit(0.0))
    else:
        alive = scored(alive, fits, churn.kind, options.fitted_by, options.horizon, options.discount)
    return CustomerHistory(rows[0], purchases, alive.select("day", "p_alive", "p_no_purchase"))


def second_order(query: Query, filters: Filters, by: Literal["all", "channel", "category"] = "channel") -> SecondOrder:
    """How long customers take to come back once. Raise `Refused` as `report`."""
    check_viewer(query, filters)
    as_of = seen_until(query, filters)
    times = query("customers/second_order", by=by, as_of=as_of, **filters.acquired())
    returned = pl.col("customers").filter("observed").sum()
    sizes = times.group_by("segment").agg(returned=returned, customers=pl.col("customers").sum())
    sizes = sizes.sort("customers", "segment", descending=[True, False])
    curves = kaplan_meier(times, by="segment") if times.height else pl.DataFrame(schema=_CURVES)
    curves = curves.with_columns(returned=1 - pl.col("survival"))
    halves = [median(curves.filter(pl.col("segment") == segment)) for segment in sizes["segment"]]
    medians = sizes.with_columns(pl.Series("median_days", halves, dtype=pl.Float64))
    return SecondOrder(by, as_of, curves, medians.select("segment", "customers", "returned", "median_days"))


_CURVES = {
    "segment": pl.String, "duration": pl.Float64, "at_risk": pl.Int64, "events": pl.Int64, "censored": pl.Int64,
    "survival": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip


def value_per_purchase(frame: pl.DataFrame, fits: Fits, value: Value) -> pl.DataFrame:
    """Add `monetary_value` (own mean repeat purchase) and `purchase_value` (what the next one should bring).

    The customer's own mean is drawn towards the shop's, the more so the fewer purchases it stands on; own means below 0
    count as 0. Where nothing could be fitted, the shop's mean stands for everybody's; null where even that is unknown.
    """
    own = frame.with_columns(monetary_value=pl.col(f"repeat_{value}"))
    if (spend := fits.spends.get(value)) is None:
        mean = fits.means.get(value)
        return own.with_columns(purchase_value=pl.lit(None if mean is None else max(mean, 0.0), dtype=pl.Float64))
    # With the shop's own mean in its place, a mean that is not known leaves the shop's mean.
    known = own["monetary_value"].clip(lower_bound=0.0).fill_null(spend.population_mean)
    return own.with_columns(expected_average(spend, own["frequency"], known).alias("purchase_value"))


def _notes(fits: Fits, as_of: date, options: Options) -> tuple[Sentence, ...]:
    told = notes(fits, as_of, options.kind, options.fitted_by, options.value)
    if used_kind(fits, options.kind) is None and options.horizon not in {rate.days for rate in fits.rates}:
        text = N_("Not even plain rates over %(days)s days are known yet: they need %(needed)s days of data.")
        told = (*told, Sentence(text, {"days": options.horizon, "needed": 2 * options.horizon}))
    return told


def _with_value(frame: pl.DataFrame, fits: Fits, value: Value) -> pl.DataFrame:
    """Add `value_at_stake`; plain rates know no activity, so what customers alike bring on average stands in."""
    if_active = pl.coalesce(
        pl.when(pl.col("p_alive") > 0).then(pl.col("discounted") / pl.col("p_alive")),
        pl.when(pl.col("p_alive").is_null()).then("expected_purchases"),
    )
    valued = value_per_purchase(frame, fits, value)
    return valued.with_columns(value_at_stake=pl.col("p_no_purchase") * if_active * pl.col("purchase_value"))


def _with_dates(frame: pl.DataFrame, as_of: date, rules: Rules) -> pl.DataFrame:
    """Add `expected_next_order, days_overdue, stage`."""
    silence = pl.col("T") - pl.col("recency")
    rhythm = pl.when(pl.col("frequency") >= FEWEST_GAPS).then("median_gap")
    overdue = (silence - rhythm).clip(lower_bound=0).ceil().cast(pl.Int32)
    own = (rhythm - silence).clip(lower_bound=0)
    wait = pl.coalesce("wait", pl.when(pl.col("p_alive").is_null()).then(own)).ceil()
    soon = pl.when(wait.is_finite() & (wait <= FARTHEST_ORDER_DAYS)).then(wait).cast(pl.Int32)
    return frame.with_columns(
        expected_next_order=pl.lit(as_of) + pl.duration(days=soon),
        days_overdue=overdue,
        stage=stage(pl.col("frequency"), silence, pl.col("last_pause"), rules),
    )


def _left_out(as_of: date, options: Options) -> pl.Expr:
    quiet = as_of - timedelta(days=options.quiet_days)
    returned = as_of - timedelta(days=options.return_days)
    return (
        pl.when(pl.col("contactable").eq(False).fill_null(False))
        .then(pl.lit("not_contactable"))
        .when(pl.col("last_day") > quiet)
        .then(pl.lit("recent"))
        .when((pl.col("last_refund_day") > returned).fill_null(False))
        .then(pl.lit("returning"))
        .when(pl.lit(options.leave_lost) & (pl.col("stage") == "lost"))
        .then(pl.lit("lost"))
    )


def _distribution(frame: pl.DataFrame) -> pl.DataFrame:
    band = (pl.col("p_no_purchase") * 10).floor().clip(0, 9)
    known = frame.filter(pl.col("p_no_purchase").is_not_null())
    counted = known.group_by(band=band.cast(pl.Int64)).agg(
        customers=pl.len().cast(pl.Int64), value_at_stake=pl.col("value_at_stake").sum()
    )
    bands = pl.DataFrame({"band": list(range(10))})
    return (
        bands.join(counted, on="band", how="left", maintain_order="left")
        .select(
            low=pl.col("band") / 10,
            high=(pl.col("band") + 1) / 10,
            customers=pl.col("customers").fill_null(0),
            value_at_stake=pl.col("value_at_stake").fill_null(0.0),
        )
    )  # fmt: skip


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
