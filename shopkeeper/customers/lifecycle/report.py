"""Lifecycle: in which stage of their life with the shop customers are, and how they move between stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any

import polars as pl

from shopkeeper import i18n
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_viewer, seen_until
from shopkeeper.customers.lifecycle.frames import CUSTOMERS, MOVES, STAGES_BY_MONTH
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_
from shopkeeper.messages import message
from shopkeeper.models.buying.stages import BUYING, DEFAULT_RULES, STAGES, StageRules
from shopkeeper.models.intervals import wilson

STAGE_TEXTS: Mapping[str, tuple[str, str]] = {
    "new": (N_("New"), N_("Bought once, in the last {active_days} days.")),
    "active": (N_("Active"), N_("Bought in the last {active_days} days, 2 to {below_loyal} purchases so far.")),
    "loyal": (
        N_("Loyal"),
        N_("Bought in the last {active_days} days, {loyal_purchases} purchases or more so far."),
    ),
    "won_back": (
        N_("Won back"),
        N_("Bought in the last {active_days} days, after a silence of more than {lost_days} days."),
    ),
    "at_risk": (N_("At risk"), N_("Last bought {first_at_risk} to {lost_days} days ago.")),
    "lost": (N_("Lost"), N_("Has not bought for more than {lost_days} days.")),
}
"""Label and rule of each stage; the rule is filled with `bounds_in_words`."""
NOT_YET = "not_yet"
NOT_YET_LABEL = N_("Not yet a customer")


@dataclass(frozen=True)
class Lifecycle:
    """Stages as seen on `as_of`, and how customers moved since `since`.

    `returns` counts how often customers came back, `after_active` and `after_lost` how many of these had been silent
    longer than each bound, `called_early` these as shares: what the rules call too early. `slipped` counts who moved
    from buying lately to at risk or lost, `came_back` who were lost and are not. `counts` are those of `as_of`.
    """

    rules: StageRules
    filters: CustomerFilters
    as_of: date
    since: date
    stages: Annotated[pl.DataFrame, STAGES_BY_MONTH]
    moves: Annotated[pl.DataFrame, MOVES]
    returns: int
    after_active: int
    after_lost: int
    median_inter_purchase_days: float | None
    slipped: int = 0
    came_back: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def called_early(self) -> tuple[float, float] | None:
        """Shares of returns that the rules had called at risk, and lost (0 to 1); None without returns."""
        return (self.after_active / self.returns, self.after_lost / self.returns) if self.returns else None


def report(
    query: Query, filters: CustomerFilters, rules: StageRules = DEFAULT_RULES, since: date | None = None
) -> Lifecycle:
    """Stages over time and moves since `since` (left out: 90 days before the last day looked at).

    Raise `Refused` where the viewer or the filters see only a part of histories, or `since` is not before as-of.
    """
    check_viewer(query, filters)
    as_of = seen_until(query, filters)
    start = _since(since, as_of)
    parameters = {**vars(rules), **filters.acquired(), "as_of": as_of}
    changes = query("customers/lifecycle/counts", **parameters)
    whole = pl.col("customers").sum().over("from_stage")
    low, high = wilson(pl.col("customers").cast(pl.Float64), whole)
    moves = query("customers/lifecycle/moves", **parameters, since=start).with_columns(
        share=pl.col("customers") / whole, low=low, high=high
    )
    inter_purchase_times = query(
        "customers/lifecycle/inter_purchase_times",
        as_of=as_of,
        active_days=rules.active_days,
        lost_days=rules.lost_days,
    ).to_dicts()
    stages = _running(changes, as_of)
    now = stages.filter(pl.col("day") == as_of)
    return Lifecycle(
        rules,
        filters,
        as_of,
        start,
        stages,
        _ordered(moves),
        **(inter_purchase_times[0] if inter_purchase_times else _NO_RETURNS),
        slipped=_moved(moves, BUYING, ("at_risk", "lost")),
        came_back=_moved(moves, ("lost",), [name for name in STAGES if name != "lost"]),
        counts=dict(zip(now["stage"], now["customers"], strict=True)),
    )


def customers(
    query: Query,
    filters: CustomerFilters,
    rules: StageRules = DEFAULT_RULES,
    since: date | None = None,
    from_stage: str = "any",
    to_stage: str = "any",
) -> Annotated[pl.DataFrame, CUSTOMERS]:
    """The customers of one cell of the matrix, `any` for a whole row or column.

    Raise `Refused` as `report`, and for a stage that there is not.
    """
    check_viewer(query, filters)
    for name in (from_stage, to_stage):
        if name not in {*STAGES, NOT_YET, "any"}:
            stage_names = ", ".join((*STAGES, NOT_YET, "any"))
            raise Refused(message("“{asked}” is no stage; choose one of {known}.", asked=name, known=stage_names))
    as_of = seen_until(query, filters)
    return query(
        "customers/lifecycle/customers",
        **vars(rules),
        **filters.acquired(),
        as_of=as_of,
        since=_since(since, as_of),
        from_stage=from_stage,
        to_stage=to_stage,
    )


def bounds_in_words(rules: StageRules) -> dict[str, str]:
    """What fills the rules of `STAGE_TEXTS`, in the language in use."""
    more = {"below_loyal": rules.loyal_purchases - 1, "first_at_risk": rules.active_days + 1}
    return {name: i18n.integer(value) for name, value in {**vars(rules), **more}.items()}


_NO_RETURNS: Mapping[str, Any] = {"returns": 0, "after_active": 0, "after_lost": 0, "median_inter_purchase_days": None}


def _since(since: date | None, as_of: date) -> date:
    start = since or as_of - timedelta(days=90)
    if start >= as_of:
        raise Refused(
            message(
                "Moves are counted up to {end}, so they cannot begin on {start}; choose an earlier day.",
                end=i18n.date_(as_of),
                start=i18n.date_(start),
            )
        )
    return start


def _moved(moves: pl.DataFrame, before: Sequence[str], after: Sequence[str]) -> int:
    return int(moves.filter(pl.col("from_stage").is_in(before), pl.col("to_stage").is_in(after))["customers"].sum())


def _running(changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Every month's end and stage, with running sums of who came and went."""
    names = pl.DataFrame({"stage": list(STAGES)}, schema={"stage": pl.String})
    first = changes["day"].min()
    if not isinstance(first, date):
        return changes.select(STAGES_BY_MONTH.names)
    ends = pl.date_range(first.replace(day=1), as_of, "1mo", eager=True).dt.month_end()
    days = ends.to_frame("day").with_columns(pl.min_horizontal("day", pl.lit(as_of)))
    amounts = ["customers", "revenue", "margin"]
    if changes["margin"].null_count() == changes.height:
        amounts.remove("margin")
    running = (
        days.join(names, how="cross", maintain_order="left_right")
        .join(changes, on=["day", "stage"], how="left", maintain_order="left")
        .with_columns(pl.col(amounts).fill_null(0).cum_sum().over("stage"))
    )
    return running.select(STAGES_BY_MONTH.names)


def _ordered(moves: pl.DataFrame) -> pl.DataFrame:
    order = {name: place for place, name in enumerate((NOT_YET, *STAGES))}
    places = [pl.col(name).replace_strict(order, return_dtype=pl.Int32) for name in ("from_stage", "to_stage")]
    return moves.sort(*places).select(MOVES.names)
