"""Persons and the days on which they buy."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import (
    BUYING_CLOCK,
    DATES,
    DAYS,
    FIRST_DAY,
    MONTH_OF_DAY,
    NEWCOMER_DENSITY,
    SEASON,
    arrival_days,
    cumulative,
)
from shopkeeper.sample.chance import chance
from shopkeeper.sample.demand import Tastes
from shopkeeper.sample.places import FAR_DAYS, REGIONS, Places
from shopkeeper.sample.process import LAWS, REGION_TEST, SPENDING, STORE_CHANNEL, Campaign

STAYS, FAR, STOCK_OUT = range(3)
LOST_BY = ("", "distance", "stock_out")


@dataclass(frozen=True)
class People:
    """Arrays over the persons of one block; `number` counts persons over all blocks, in order of arrival."""

    number: Ints
    first_day: Ints
    kind: Ints  # row of KINDS_OF_BUYER
    rate: Floats  # lambda, purchases per day
    leaving: Floats  # p, chance to leave after a purchase
    nu: Floats  # order values ~ Gamma(SPENDING.p, rate nu)
    alive: Flags  # still a customer at the end of the last day
    region: Ints
    main_channel: Ints
    first_category: Ints
    contactable: Flags
    second_account: Flags  # has two accounts on the main channel
    lost_day: Ints  # the last day of a person who left for another reason than the own law; DAYS for all others
    lost_by: Ints  # row of LOST_BY
    active_days: Ints  # purchase days, those brought by a campaign included
    undisturbed_days: Ints  # the same if no stock-out cost anybody


@dataclass(frozen=True)
class Visits:
    """Arrays over purchases, by person and day: at most one per person and day."""

    person: Ints  # row in People
    day: Ints
    first: Flags
    campaign: Ints  # number of the campaign that brought it, -1 for none


@dataclass(frozen=True)
class Mailing:
    """Who a campaign chose: rows of People, and whether each was treated."""

    person: Ints
    treated: Flags


@dataclass(frozen=True)
class _Buying:
    """By person: what decides when purchases come."""

    kind: Ints
    rate: Floats
    leaving: Floats

    @property
    def shape(self) -> Ints:
        return np.array([law.shape for law in LAWS])[self.kind]


def _buying(rng: np.random.Generator, size: int) -> _Buying:
    edges = np.cumsum([law.share for law in LAWS])[:-1]
    kind = np.searchsorted(edges, rng.random(size), side="right")
    r, alpha, a, b = (np.array([getattr(law, name) for law in LAWS])[kind] for name in ("r", "alpha", "a", "b"))
    return _Buying(kind, rng.gamma(r) / alpha, rng.beta(a, b))


def purchase_days(
    rng: np.random.Generator, first: Ints, buying: _Buying, leaves_at_once: Flags
) -> tuple[Ints, Ints, Flags]:
    """Person and day of every purchase up to the last day, and who is still alive then.

    Inter-purchase times pass by the clock of the season of buying (`BUYING_CLOCK`), then are rounded to whole days, at
    least one. As in BG/NBD nobody leaves at the first purchase but those who `leaves_at_once`, only after a repeat.
    Sorted by person and day.
    """
    active, day = np.arange(len(first)), first
    persons, days, alive = [active], [day], np.zeros(len(first), dtype=bool)
    shape = buying.shape
    while len(active):
        stays = rng.random(len(active)) >= buying.leaving[active] if len(days) > 1 else ~leaves_at_once
        active, day = active[stays], day[stays]
        clock = BUYING_CLOCK[day] + rng.gamma(shape[active]) / (shape[active] * buying.rate[active])
        within = clock < BUYING_CLOCK[-1]
        landed = np.rint(np.interp(clock, BUYING_CLOCK, np.arange(DAYS + 1))).astype(np.int64)
        day = np.where(within, np.maximum(day + 1, landed), DAYS)
        within = day < DAYS
        alive[active[~within]] = True
        active, day = active[within], day[within]
        persons.append(active)
        days.append(day)
    person, when = np.concatenate(persons), np.concatenate(days)
    order = np.lexsort((when, person))
    return person[order], when[order], alive


def purchases_per_person(rng: np.random.Generator, where: Places, persons: int = 40_000) -> float:
    """Mean purchases of a person over the whole time, by simulation."""
    first = arrival_days(_newcomer_curve(where), (np.arange(persons) + 0.5) / persons)
    far = (rng.random(persons) < where.buyers[_is_far(where)].sum()) & (rng.random(persons) < 0.75)
    leaves_at_once = far & (rng.random(persons) < process.FAR_LEAVES)
    buyers, _, _ = purchase_days(rng, first, _buying(rng, persons), leaves_at_once)
    return len(buyers) / persons


def choose(curve: Floats, u: Floats) -> Ints:
    """Column of each row of a cumulative table that `u` falls into."""
    return np.asarray(np.minimum((u[:, None] >= curve).sum(axis=1), curve.shape[1] - 1))


def _is_far(where: Places) -> Flags:
    return np.asarray(where.parcel_days > FAR_DAYS)


def in_region_test() -> Flags:
    """By day: whether the test of spend runs."""
    return (np.datetime64(REGION_TEST.starts_on) <= DATES) & (np.datetime64(REGION_TEST.ends_on) >= DATES)


def region_lift() -> Floats:
    """By region: newcomers in the test of spend, as a multiple of those without it."""
    return np.where(np.isin(REGIONS, REGION_TEST.regions), REGION_TEST.lift, 1.0)


def _newcomer_curve(where: Places) -> Floats:
    more = float((where.buyers * region_lift()).sum())
    return cumulative(NEWCOMER_DENSITY * np.where(in_region_test(), more, 1.0))


def _home(rng: np.random.Generator, where: Places, first: Ints) -> Ints:
    u = rng.random(len(first))
    curves = [np.cumsum(weights) / weights.sum() for weights in (where.buyers, where.buyers * region_lift())]
    usual, tested = (np.searchsorted(curve[:-1], u, side="right") for curve in curves)
    return np.where(in_region_test()[first], tested, usual)


def block(
    rng: np.random.Generator, where: Places, tastes: Tastes, start: int, stop: int, total: int
) -> tuple[People, Visits, list[Mailing]]:
    """Persons `start` to `stop` of `total`, everything they bought, and whom the campaigns chose among them."""
    size = stop - start
    number = np.arange(start, stop)
    first = arrival_days(_newcomer_curve(where), (number + rng.random(size)) / total)
    buying = _buying(rng, size)
    region = _home(rng, where, first)
    average = np.array([law.a / (law.a + law.b) for law in LAWS])[buying.kind]
    stays_long = (buying.leaving < average).astype(np.int64)
    curves = process.MAIN_CURVES[stays_long, MONTH_OF_DAY[first], process.served(where, region)]
    main_channel = choose(curves, rng.random(size))
    far = (main_channel < STORE_CHANNEL) & _is_far(where)[region]
    leaves_at_once = far & (rng.random(size) < process.FAR_LEAVES)
    person, day, alive = purchase_days(rng, first, buying, leaves_at_once)
    contactable = rng.random(size) < process.CONTACTABLE
    visits, mailings = _campaigns(rng, number, person, day, contactable)
    people = People(
        number=number,
        first_day=first,
        kind=buying.kind,
        rate=buying.rate,
        leaving=buying.leaving,
        nu=rng.gamma(SPENDING.q, 1 / SPENDING.v, size),
        alive=alive,
        region=region,
        main_channel=main_channel,
        first_category=choose(tastes.categories[region, SEASON[first]], rng.random(size)),
        contactable=contactable,
        second_account=rng.random(size) < 0.1,
        lost_day=np.where(leaves_at_once, first, DAYS),
        lost_by=np.where(leaves_at_once, FAR, STAYS),
        active_days=np.bincount(visits.person, minlength=size),
        undisturbed_days=np.bincount(visits.person, minlength=size),
    )
    return people, visits, mailings


def _campaigns(
    rng: np.random.Generator, number: Ints, person: Ints, day: Ints, contactable: Flags
) -> tuple[Visits, list[Mailing]]:
    brought_by = np.full(len(person), -1)
    mailings = []
    for nth, campaign in enumerate(process.CAMPAIGNS):
        mailing, extra_person, extra_day = _send(rng, campaign, number, person, day, contactable)
        mailings.append(mailing)
        brought_by = np.concatenate([brought_by, np.full(len(extra_person), nth)])
        person, day = np.concatenate([person, extra_person]), np.concatenate([day, extra_day])
    order = np.lexsort((day, person))
    person, day, brought_by = person[order], day[order], brought_by[order]
    first = np.concatenate([[True], person[1:] != person[:-1]])
    return Visits(person, day, first, brought_by), mailings


def _send(
    rng: np.random.Generator, campaign: Campaign, number: Ints, person: Ints, day: Ints, contactable: Flags
) -> tuple[Mailing, Ints, Ints]:
    sent = (campaign.sent_on - FIRST_DAY).days
    last = np.full(len(contactable), -1)
    before = day < sent
    np.maximum.at(last, person[before], day[before])
    regular = np.bincount(person[before], minlength=len(contactable)) > 1
    eligible = contactable & regular & (sent - last >= campaign.quiet_days)
    chosen = np.flatnonzero(eligible & (rng.random(len(last)) < campaign.sampled))
    drawn = chance(71, number[chosen]) if campaign.programme else rng.random(len(chosen))
    treated = drawn < campaign.treated
    responds = treated & (rng.random(len(chosen)) < campaign.effect)
    extra_day = sent + 1 + rng.integers(0, campaign.window_days, len(chosen))
    key = chosen * DAYS + extra_day
    responds &= ~np.isin(key, person * DAYS + day)
    return Mailing(chosen, treated), chosen[responds], extra_day[responds]
