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
from shopkeeper.customers.histories import check_model, notes, seen_until
from shopkeeper.customers.scores import asked_scores
from shopkeeper.engine.query import Parameter, Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.jobs.buying.result import HORIZONS, Fits, FittedBy, ValueMeasure
from shopkeeper.jobs.buying.scores import alive_by_day, used_kind, used_value
from shopkeeper.jobs.buying.scoring import Scoring
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.model import ModelKind
from shopkeeper.models.buying.stages import StageRules

FIRST_CALLS = 100
"""Customers at the top of the rescue list, to begin with."""
FIRST_ROWS = 1000
"""Customers that a report holds."""
EVERY_ROW = 2**31


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

    @property
    def scoring(self) -> Scoring:
        """What the scores depend on."""
        return Scoring(
            self.horizon,
            self.kind,
            self.fitted_by,
            self.value,
            self.discount,
            self.rules,
            self.quiet_days,
            self.return_days,
            self.leave_lost,
        )


@dataclass(frozen=True)
class Totals:
    """What the report comes to. Values are in shop currency, at stake within the horizon.

    Of the chosen `customers`, `staying` are not lost yet; `expected_away` of these (null where no risk is known) will
    not buy, which puts `value_at_stake` there. The rescue list has `to_rescue` customers worth `rescue_value`; the
    `first_calls` at its top hold `first_value`, `first_share` of that (0 to 1; null where there is nothing).
    """

    customers: int
    staying: int
    expected_away: float | None
    value_at_stake: float
    to_rescue: int
    rescue_value: float
    first_calls: int
    first_value: float
    first_share: float | None

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Totals":
        """Of the row of queries/customers/churn/totals.sql, if there is one."""
        for row in rows.to_dicts():
            share = row["first_value"] / row["rescue_value"] if row["rescue_value"] else None
            return cls(**row, first_share=share)
        return cls(0, 0, None, 0.0, 0, 0.0, 0, 0.0, None)


@dataclass(frozen=True)
class Churn:
    """Risk of each customer as of a day.

    `customers` and `rescue` are the first rows, by value at stake, of all and of those to rescue; `listing` gives the
    others. Those who are not to rescue are counted by reason in `left_out`. `totals` sum up over everybody.
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
    """Risk of the chosen customers. Raise `Refused` where viewer or filters see only a part of histories."""
    as_of = seen_until(query, filters)
    chosen: dict[str, Parameter] = {**filters.acquired(), "horizon_days": options.horizon}
    value = used_value(fits, options.value)
    with asked_scores(query, fits, filters, options.scoring) as scores:
        totals = Totals.of(scores("customers/churn/totals", **chosen, first_calls=FIRST_CALLS))
        reasons = scores("customers/churn/left_out", **chosen)
        bands = scores("customers/churn/distribution", **chosen)
        segments = scores("customers/churn/segments", **chosen)
        first, rescue = (
            _listed(scores, chosen, value, to_rescue=to_rescue, most=FIRST_ROWS) for to_rescue in (False, True)
        )
    return Churn(
        options,
        filters,
        as_of,
        used_kind(fits, options.kind),
        value,
        _notes(fits, as_of, options),
        first,
        rescue,
        dict(reasons.iter_rows()),
        _distribution(bands),
        segments,
        totals,
    )


def listing(query: Query, fits: Fits, churn: Churn, *, to_rescue: bool = False) -> Annotated[pl.DataFrame, CUSTOMERS]:
    """All rows of which the report holds the first. Raise `Refused` as the report does."""
    chosen: dict[str, Parameter] = {**churn.filters.acquired(), "horizon_days": churn.options.horizon}
    with asked_scores(query, fits, churn.filters, churn.options.scoring) as scores:
        return _listed(scores, chosen, churn.value, to_rescue=to_rescue, most=EVERY_ROW)


def _listed(
    scores: Query,
    chosen: Mapping[str, Parameter],
    value: ValueMeasure,
    *,
    to_rescue: bool = False,
    most: int,
    customer_id: str = "",
) -> pl.DataFrame:
    rows = scores(
        "customers/churn/customers", **chosen, value=value, to_rescue=to_rescue, most=most, customer_id=customer_id
    )
    return rows.select(CUSTOMERS.names)


def customer(query: Query, fits: Fits, churn: Churn, customer_id: str) -> CustomerHistory:
    """One customer's life, drawn. Raise `Refused` where the report has no such customer."""
    chosen: dict[str, Parameter] = {**churn.filters.acquired(), "horizon_days": churn.options.horizon}
    with asked_scores(query, fits, churn.filters, churn.options.scoring) as scores:
        rows = _listed(scores, chosen, churn.value, most=1, customer_id=customer_id).to_dicts()
    if not rows:
        raise Refused(message("Customer “{customer}” is not among those chosen here.", customer=customer_id))
    purchases = query("customers/churn/purchases", customer_id=customer_id, as_of=churn.as_of)
    options = churn.options
    first_day: date = rows[0]["first_day"]
    alive = _days_of(purchases, churn.as_of).with_columns(
        first_day=pl.lit(first_day), first_channel=pl.lit(rows[0]["first_channel"])
    )
    if churn.kind is None:
        alive = alive.clear().with_columns(p_alive=pl.lit(0.0), p_no_purchase=pl.lit(0.0))
    else:
        alive = alive_by_day(alive, fits, churn.kind, options.fitted_by, options.horizon, first_day)
    return CustomerHistory(rows[0], purchases, alive.select(ALIVE.names))


def _notes(fits: Fits, as_of: date, options: ChurnOptions) -> tuple[Message, ...]:
    warnings = notes(fits, as_of, options.kind, options.fitted_by, options.value)
    if used_kind(fits, options.kind) is None and options.horizon not in {rate.days for rate in fits.rates}:
        text = N_("Not even plain rates over {days} days are known yet: they need {needed} days of data.")
        warnings = (*warnings, Message(text, {"days": options.horizon, "needed": 2 * options.horizon}))
    return warnings


def _distribution(by_band: pl.DataFrame) -> Annotated[pl.DataFrame, DISTRIBUTION]:
    bands = pl.DataFrame({"band": list(range(10))})
    return bands.join(by_band, on="band", how="left", maintain_order="left").select(
        low=pl.col("band") / 10,
        high=(pl.col("band") + 1) / 10,
        customers=pl.col("customers").fill_null(0),
        value_at_stake=pl.col("value_at_stake").fill_null(0.0),
    )


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
