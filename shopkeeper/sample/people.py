"""Persons and the days on which they buy."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import DAYS, FIRST_DAY, MONTH_OF_DAY, NEWCOMER_CURVE, arrival_days
from shopkeeper.sample.places import Places
from shopkeeper.sample.process import PURCHASING, SPENDING, Campaign


@dataclass(frozen=True)
class People:
    """Arrays over the persons of one block; `number` counts persons over all blocks, in order of arrival."""

    number: Ints
    first_day: Ints
    rate: Floats  # lambda, purchases per day
    leaving: Floats  # p, chance to leave after a purchase
    nu: Floats  # order values ~ Gamma(SPENDING.p, rate nu)
    alive: Flags  # still a customer at the end of the last day
    region: Ints
    main_channel: Ints
    contactable: Flags
    second_account: Flags  # has two accounts on the main channel
    active_days: Ints  # purchase days, those brought by a campaign included


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


def purchase_days(rng: np.random.Generator, first: Ints, rate: Floats, leaving: Floats) -> tuple[Ints, Ints, Flags]:
    """Person and day of every purchase up to the last day, and who is still alive then.

    Inter-purchase times are exponential, rounded to whole days, at least one. As in BG/NBD nobody leaves at the first
    purchase, only after a repeat. Sorted by person and day.
    """
    active, day = np.arange(len(first)), first
    persons, days, alive = [active], [day], np.zeros(len(first), dtype=bool)
    while len(active):
        if len(days) > 1:
            stays = rng.random(len(active)) >= leaving[active]
            active, day = active[stays], day[stays]
        inter_purchase_days = np.rint(np.minimum(rng.exponential(size=len(active)) / rate[active], 4.0 * DAYS))
        day = day + np.maximum(1, inter_purchase_days).astype(np.int64)
        within = day < DAYS
        alive[active[~within]] = True
        active, day = active[within], day[within]
        persons.append(active)
        days.append(day)
    person, when = np.concatenate(persons), np.concatenate(days)
    order = np.lexsort((when, person))
    return person[order], when[order], alive


def purchases_per_person(rng: np.random.Generator, persons: int = 40_000) -> float:
    """Mean purchases of a person over the whole time, by simulation."""
    first = arrival_days(NEWCOMER_CURVE, (np.arange(persons) + 0.5) / persons)
    rate = rng.gamma(PURCHASING.r, 1 / PURCHASING.alpha, persons)
    buyers, _, _ = purchase_days(rng, first, rate, rng.beta(PURCHASING.a, PURCHASING.b, persons))
    return len(buyers) / persons


def choose(curve: Floats, u: Floats) -> Ints:
    """Column of each row of a cumulative table that `u` falls into."""
    return np.asarray(np.minimum((u[:, None] >= curve).sum(axis=1), curve.shape[1] - 1))


def block(
    rng: np.random.Generator, where: Places, start: int, stop: int, total: int
) -> tuple[People, Visits, list[Mailing]]:
    """Persons `start` to `stop` of `total`, everything they bought, and whom the campaigns chose among them."""
    size = stop - start
    number = np.arange(start, stop)
    first = arrival_days(NEWCOMER_CURVE, (number + rng.random(size)) / total)
    rate = rng.gamma(PURCHASING.r, 1 / PURCHASING.alpha, size)
    leaving = rng.beta(PURCHASING.a, PURCHASING.b, size)
    person, day, alive = purchase_days(rng, first, rate, leaving)
    region = np.searchsorted(np.cumsum(where.buyers)[:-1], rng.random(size), side="right")
    stays_long = (leaving < PURCHASING.a / (PURCHASING.a + PURCHASING.b)).astype(np.int64)
    has_store = (where.stores[region] > 0).astype(np.int64)
    contactable = rng.random(size) < process.CONTACTABLE
    visits, mailings = _campaigns(rng, person, day, contactable)
    people = People(
        number=number,
        first_day=first,
        rate=rate,
        leaving=leaving,
        nu=rng.gamma(SPENDING.q, 1 / SPENDING.v, size),
        alive=alive,
        region=region,
        main_channel=choose(process.MAIN_CURVES[stays_long, MONTH_OF_DAY[first], has_store], rng.random(size)),
        contactable=contactable,
        second_account=rng.random(size) < 0.1,
        active_days=np.bincount(visits.person, minlength=size),
    )
    return people, visits, mailings


def _campaigns(rng: np.random.Generator, person: Ints, day: Ints, contactable: Flags) -> tuple[Visits, list[Mailing]]:
    brought_by = np.full(len(person), -1)
    mailings = []
    for number, campaign in enumerate(process.CAMPAIGNS):
        mailing, extra_person, extra_day = _send(rng, campaign, person, day, contactable)
        mailings.append(mailing)
        brought_by = np.concatenate([brought_by, np.full(len(extra_person), number)])
        person, day = np.concatenate([person, extra_person]), np.concatenate([day, extra_day])
    order = np.lexsort((day, person))
    person, day, brought_by = person[order], day[order], brought_by[order]
    first = np.concatenate([[True], person[1:] != person[:-1]])
    return Visits(person, day, first, brought_by), mailings


def _send(
    rng: np.random.Generator, campaign: Campaign, person: Ints, day: Ints, contactable: Flags
) -> tuple[Mailing, Ints, Ints]:
    sent = (campaign.sent_on - FIRST_DAY).days
    last = np.full(len(contactable), -1)
    before = day < sent
    np.maximum.at(last, person[before], day[before])
    regular = np.bincount(person[before], minlength=len(contactable)) > 1
    eligible = contactable & regular & (sent - last >= campaign.quiet_days)
    chosen = np.flatnonzero(eligible & (rng.random(len(last)) < campaign.sampled))
    treated = rng.random(len(chosen)) < campaign.treated
    responds = treated & (rng.random(len(chosen)) < campaign.effect)
    extra_day = sent + 1 + rng.integers(0, campaign.window_days, len(chosen))
    key = chosen * DAYS + extra_day
    responds &= ~np.isin(key, person * DAYS + day)
    return Mailing(chosen, treated), chosen[responds], extra_day[responds]
