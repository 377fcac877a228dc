"""The two-sided check: what the items' history expects of each region, against what its customers are expected to buy.

The forecast by ship-to region x SKU knows nothing of customers, the model of buying behaviour nothing of goods. Where
they disagree after new customers and orders without identity are counted, one of them is wrong.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import polars as pl

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.histories import check_viewer
from shopkeeper.engine.query import Query
from shopkeeper.errors import Refused
from shopkeeper.i18n import N_, NN_
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.jobs.buying.scores import used_kind
from shopkeeper.jobs.buying.scoring import Scoring, scored_histories
from shopkeeper.merchant.in_force import DEFAULTS, InForce
from shopkeeper.messages import Message, message
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand.frames.comparisons import BOTH_SIDES, BOTH_SIDES_WHOLE
from shopkeeper.supply.dependent_demand import sold_in
from shopkeeper.supply.filters import GoodsFilters

DAYS = (28, 91)
YEAR = 364
RATE_DAYS = {28: 30, 91: 90}
"""Plain rates are kept for these horizons only; they are scaled to the days asked for."""


@dataclass(frozen=True)
class TwoSided:
    """Both sides of the next `days` by ship-to region, in units; `whole` holds the sums.

    `growth`: newcomers of the last quarter over those of the same weeks a year before; None without such a year.
    `events` lie in these days: the model of customers does not know them.
    """

    days: int
    as_of: date
    rows: Annotated[pl.DataFrame, BOTH_SIDES]
    whole: Annotated[pl.DataFrame, BOTH_SIDES_WHOLE]
    growth: float | None
    events: tuple[str, ...]
    notes: tuple[Message, ...]


def report(query: Query, fits: Fits, filters: GoodsFilters, in_force: InForce = DEFAULTS, days: int = 28) -> TwoSided:
    """Both sides by region. Only the filter by region applies: customers are not forecast by item.

    Expected purchases of a customer are spread over ship-to regions as those of customers acquired in the same region
    were in the last year. New customers: purchases in the same weeks a year before by customers acquired since those
    weeks began, times `growth`; in data younger than 15 months, as in the last `days`. Orders without identity: as
    many units for each identified one as in the last year's revenue; where no order of a region names a buyer, all
    that is forecast there, which checks nothing. Raise `Refused` for other days, and where the viewer may see only a
    part of the shop.
    """
    if days not in DAYS:
        raise Refused(
            message(
                "Both sides are compared over {days} days, not {chosen}; choose one.",
                days=" or ".join(map(str, DAYS)),
                chosen=days,
            )
        )
    expected = _expected(query, fits, days)
    bought = query("supply/demand/purchases", as_of=query.version.as_of, days=days)
    identity = query("supply/demand/identity", as_of=query.version.as_of)
    growth, notes = _growth(query, bought)
    bought = bought.with_columns(new=pl.col("new_recent" if _young(query) else "new_window"))
    forecast = demand.used(query, GoodsFilters(), in_force)
    rows = _rows(
        _forecast(forecast, days), _spread(expected, bought), bought, identity, 1.0 if growth is None else growth
    )
    if filters.regions is not None:
        rows = rows.filter(pl.col("region").is_in(list(filters.regions)))
    if filters.categories is not None or filters.skus is not None:
        notes.append(Message(N_("Both sides count all categories and items: a purchase is not expected by item.")))
    notes += [*_of_nobody(rows), *sold_in(query, GoodsFilters(regions=filters.regions))]
    return TwoSided(days, query.version.as_of, rows, _whole(rows), growth, _events(query, days), tuple(notes))


def _of_nobody(rows: pl.DataFrame) -> list[Message]:
    """Regions of which no order names its buyer."""
    unknown = rows.filter(pl.col("unidentified_share") == 1, pl.col("forecast") > 0)
    if unknown.is_empty():
        return []
    text = NN_(
        "In {n} region no order names its buyer: what is forecast there ({units} units) stands as orders without "
        "identity, and nothing checks it.",
        "In {n} regions no order names its buyer: what is forecast there ({units} units) stands as orders without "
        "identity, and nothing checks it.",
    )
    return [Message.counted(text, {"n": unknown.height, "units": round(unknown["forecast"].sum())})]


def _expected(query: Query, fits: Fits, days: int) -> pl.DataFrame:
    """Expected purchases of today's customers by region of the first purchase: `first_region, purchases`."""
    check_viewer(query, CustomerFilters())
    kind = used_kind(fits, None)
    model_days = days if kind is not None else RATE_DAYS[days]
    histories = scored_histories(query, fits, Scoring(model_days, kind, discount=0.0).settled(fits), by="region")
    bought = pl.col("expected_purchases").fill_null(0.0) * pl.col("customers")
    return histories.group_by(first_region=pl.col("segment").replace("", None), maintain_order=True).agg(
        purchases=bought.sum() * (days / model_days)
    )


def _growth(query: Query, bought: pl.DataFrame) -> tuple[float | None, list[Message]]:
    """Newcomers now over those of a year before; None where the shop is too young to have had them."""
    if _young(query):
        text = N_("The data is younger than 15 months: new customers are taken to buy as those of the last weeks did.")
        return None, [Message(text)]
    now, before = float(bought["newcomers"].sum()), float(bought["newcomers_before"].sum())
    return (now / before if before else None), []


def _young(query: Query) -> bool:
    """In the first weeks of the data everybody looks new."""
    return query.version.first_day > query.version.as_of - timedelta(days=YEAR + 91)


def _events(query: Query, days: int) -> tuple[str, ...]:
    last = query.version.as_of + timedelta(days=days)
    events = query("jobs/forecast/events").filter(pl.col("ends_on") > query.version.as_of, pl.col("starts_on") <= last)
    return tuple(events["name"].unique(maintain_order=True))


def _forecast(used: pl.DataFrame, days: int) -> pl.DataFrame:
    return used.group_by("region").agg(forecast=pl.col("units").list.head(days).list.sum().sum())


def _spread(expected: pl.DataFrame, bought: pl.DataFrame) -> pl.DataFrame:
    """Expected purchases by ship-to region; those of regions that bought nothing in a year stay where they were."""
    shares = bought.filter(pl.col("purchases") > 0).select(
        "first_region", "region", share=pl.col("purchases") / pl.col("purchases").sum().over("first_region")
    )
    spread = expected.join(shares, on="first_region", how="left", maintain_order="left")
    return spread.group_by(region=pl.coalesce("region", "first_region")).agg(
        purchases=(pl.col("purchases") * pl.col("share").fill_null(1.0)).sum()
    )


def _rows(
    forecast: pl.DataFrame, expected: pl.DataFrame, bought: pl.DataFrame, identity: pl.DataFrame, growth: float
) -> pl.DataFrame:
    history = bought.group_by("region").agg(
        last_purchases=pl.sum("purchases"), revenue=pl.sum("revenue"), new=pl.sum("new")
    )
    both = (
        forecast.join(expected, on="region", how="full", coalesce=True)
        .join(history, on="region", how="full", coalesce=True)
        .join(identity, on="region", how="full", coalesce=True)
        .with_columns(pl.selectors.numeric().fill_null(0.0))
    )
    money = pl.col("revenue").clip(0) + pl.col("unidentified_revenue").clip(0)
    share = pl.when(money > 0).then(pl.col("unidentified_revenue").clip(0) / money).otherwise(0.0)
    per = pl.when(pl.col("last_purchases") > 0).then(pl.col("units") * (1 - share) / pl.col("last_purchases"))
    existing = pl.col("purchases") * pl.col("units_per_purchase")
    new = pl.col("new_purchases") * pl.col("units_per_purchase")
    odds = pl.when(share < 1).then(share / (1 - share)).otherwise(0.0)
    sides = both.with_columns(
        unidentified_share=share,
        units_per_purchase=per.fill_null(0.0),
        new_purchases=pl.col("new") * growth,
        odds=odds,
    ).with_columns(existing_customers=existing, new_customers=new)
    unidentified = (pl.col("existing_customers") + pl.col("new_customers")) * pl.col("odds")
    sides = sides.with_columns(
        unidentified=pl.when(share == 1).then(pl.col("forecast").clip(0)).otherwise(unidentified)
    )
    return _with_rest(sides).select(BOTH_SIDES.names).sort("forecast", "region", descending=[True, False])


def _with_rest(rows: pl.DataFrame) -> pl.DataFrame:
    rest = pl.col("forecast") - pl.col("existing_customers") - pl.col("new_customers") - pl.col("unidentified")
    return rows.with_columns(rest=rest).with_columns(
        rest_share=pl.when(pl.col("forecast") > 0).then(pl.col("rest") / pl.col("forecast"))
    )


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    return _with_rest(
        rows.select(pl.sum("forecast", "existing_customers", "new_customers", "unidentified", "purchases"))
    )
