"""Service that was planned is the service that comes: demand is drawn, the policy runs for long, misses are counted."""

from dataclasses import dataclass

import numpy as np
import pytest

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.demand import counts
from shopkeeper.models.stock import inventory

CYCLES, BATCHES = 24_000, 40


@dataclass(frozen=True)
class Reached:
    """A share over the cycles, and how far chance may move it: four standard errors, since two dozen are looked at."""

    share: float
    margin: float


def reached(good: Floats, whole: Floats) -> Reached:
    """Cycles follow each other and are not independent; means of long batches nearly are."""
    parts = np.array(
        [g.sum() / w.sum() for g, w in zip(np.split(good, BATCHES), np.split(whole, BATCHES), strict=True)]
    )
    return Reached(float(good.sum() / whole.sum()), 4 * float(parts.std(ddof=1)) / BATCHES**0.5)


def reviewed(daily: Floats, up_to: float, lead: Ints, review: int) -> tuple[Floats, Floats, Floats]:
    """Order up to a level every `review` days; unmet demand waits. By cycle: no stock-out, units served, units asked.

    The order of cycle i is placed on day i * review and lands after lead[i] days; its cycle ends when the next lands.
    """
    cumulative = np.concatenate([[0.0], np.cumsum(daily)])
    ordered = np.arange(len(lead)) * review
    landed = ordered + lead
    net = up_to - (cumulative[landed[1:]] - cumulative[ordered[:-1]])  # just before the next order lands
    fresh = up_to - (cumulative[landed[:-1]] - cumulative[ordered[:-1]])  # just after this one has
    demand = cumulative[landed[1:]] - cumulative[landed[:-1]]
    short = np.maximum(-net, 0) - np.maximum(-fresh, 0)
    return (net >= 0).astype(float), demand - short, demand


def levels(
    service: float, lead_days: float, lead_sd: float, mean: float, sd: float, *, review: int = 7, whole: bool = False
) -> inventory.StockLevels:
    """Of an item whose forecast is the same on each day."""
    return inventory.levels(np.full((1, 60), mean), sd, lead_days, lead_sd, service, review, whole)


@pytest.mark.parametrize("level", [0.90, 0.95, 0.98])
@pytest.mark.parametrize(("lead_days", "lead_sd"), [(10.0, 0.0), (20.0, 1.5)])
def test_normal_demand_reaches_cycle_service_and_fill_rate(level: float, lead_days: float, lead_sd: float) -> None:
    draw, review, mean, sd = np.random.default_rng(11), 7, 50.0, 15.0
    lead = np.rint(draw.normal(lead_days, lead_sd, CYCLES + 1)).astype(np.int64)
    daily = draw.normal(mean, sd, (CYCLES + 8) * review + int(lead.max()))
    known_sd = float(lead.std())  # rounding to whole days widens the spread
    up_to = float(levels(level, lead_days, known_sd, mean, sd, review=review).order_up_to[0])
    good, served, demand = reviewed(daily, up_to, lead, review)
    service, fill = reached(good, np.ones(len(good))), reached(served, demand)
    assert service.share == pytest.approx(level, abs=service.margin)
    spread = float(np.sqrt(inventory.lead_variance(lead_days + review, known_sd, mean, sd)))
    z = float(inventory.safety_factor(level))
    assert fill.share == pytest.approx(float(inventory.fill_rate(spread, z, mean * review)), abs=fill.margin + 5e-4)
    assert fill.share > service.share


@pytest.mark.parametrize("level", [0.90, 0.95, 0.98])
@pytest.mark.parametrize(("mean", "ratio"), [(0.05, 1.0), (0.3, 1.0), (0.3, 4.0)])
def test_intermittent_demand_reaches_the_service_of_its_quantile(level: float, mean: float, ratio: float) -> None:
    draw, review, lead_days = np.random.default_rng(12), 7, 14
    days = (CYCLES + 8) * review + lead_days
    if ratio == 1:
        daily = draw.poisson(mean, days).astype(float)
    else:
        daily = draw.negative_binomial(mean / (ratio - 1), 1 / ratio, days).astype(float)
    sd = (mean * ratio) ** 0.5
    cover = lead_days + review
    up_to = round(levels(level, lead_days, 0.0, mean, sd, review=review, whole=True).order_up_to[0])
    good, served, demand = reviewed(daily, up_to, np.full(CYCLES + 1, lead_days), review)
    service = reached(good, np.ones(len(good)))
    exact = float(counts.count_probability(up_to, mean * cover, mean * ratio * cover))
    assert exact >= level  # whole units can only be at least as good
    assert service.share == pytest.approx(exact, abs=service.margin)
    below = float(counts.count_probability(up_to - 1, mean * cover, mean * ratio * cover))
    assert below < level
    units = np.arange(0, 400)
    tail = 1 - counts.count_probability(units, mean * cover, mean * ratio * cover)
    short = float(tail[int(up_to) :].sum()) - float(
        (1 - counts.count_probability(units, mean * lead_days, mean * ratio * lead_days))[int(up_to) :].sum()
    )
    fill = reached(served, demand)
    assert fill.share == pytest.approx(1 - short / (mean * review), abs=fill.margin)


def test_a_reorder_point_of_counted_demand_keeps_its_cycle_service() -> None:
    """Unit by unit, an order is placed at the reorder point itself: the cycle is good if it covers the lead time."""
    draw, mean, lead_days, level = np.random.default_rng(13), 0.4, 12.0, 0.95
    point = round(levels(level, lead_days, 0.0, mean, mean**0.5, whole=True).reorder_point[0])
    gaps = draw.exponential(1 / mean, (CYCLES, int(point) + 1))  # until one more unit than there is was asked for
    good = (gaps.sum(axis=1) > lead_days).astype(float)
    service = reached(good, np.ones(CYCLES))
    exact = float(counts.count_probability(point, mean * lead_days, mean * lead_days))
    assert exact >= level
    assert service.share == pytest.approx(exact, abs=service.margin)


def test_without_safety_stock_every_second_cycle_runs_out() -> None:
    draw, review, mean, sd = np.random.default_rng(14), 7, 50.0, 15.0
    lead = np.full(CYCLES + 1, 10)
    daily = draw.normal(mean, sd, (CYCLES + 8) * review + 10)
    good, _served, _asked = reviewed(daily, mean * 17, lead, review)
    service = reached(good, np.ones(len(good)))
    assert service.share == pytest.approx(0.5, abs=service.margin)
