"""What nobody knows of a real shop, as tables: person by person, line by line and stock-out by stock-out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import (
    BUYING_SEASON,
    DAYS,
    EVENT_OF_DAY,
    EVENTS,
    FIRST_DAY,
    LAST_DAY,
    NEWCOMER_FACTOR,
    UNIDENTIFIED_FACTOR,
)
from shopkeeper.sample.catalogue import TIERS
from shopkeeper.sample.files import dates, named
from shopkeeper.sample.fulfilment import LostLines
from shopkeeper.sample.goods import CATEGORIES
from shopkeeper.sample.identities import Accounts, account_codes, customer_codes, new_phone_day
from shopkeeper.sample.orders import Lines, Orders, World
from shopkeeper.sample.people import LOST_BY, STAYS, Mailing, People, Visits
from shopkeeper.sample.places import REGIONS
from shopkeeper.sample.stock import NONE


@dataclass(frozen=True)
class DemandTally:
    """Arrays that grow while blocks are drawn: what was asked for, compact whatever the number of orders."""

    cells: Ints  # day x location x SKU, units that must leave a shelf
    regions: Ints  # day x region x SKU, units asked for by sale lines
    event_units: Floats  # event x region x SKU, asked for
    event_units_without: Floats  # what would have been asked for without the event
    newcomers: Ints  # day x channel
    treated: Ints  # by campaign

    def note(self, placed: Orders, demanded: Lines, ships: Ints, cells: Ints) -> None:
        """Add a block. `ships` are the rows of `demanded` that leave a shelf, `cells` their places in `self.cells`."""
        np.add.at(self.cells.reshape(-1), cells, demanded.units[ships].astype(np.int32))
        sale = demanded.take(demanded.status == process.SALE)
        region = placed.region[sale.parent]
        np.add.at(self.regions, (sale.day, region, sale.sku), sale.units.astype(np.int32))
        inside = np.flatnonzero(EVENT_OF_DAY[sale.day] >= 0)
        peak = sale.take(inside)
        event = EVENT_OF_DAY[peak.day]
        np.add.at(self.event_units, (event, region[inside], peak.sku), peak.units)
        # Of orders that came because of the event only one in `event_factor` would have come without it.
        without = peak.plain_units / placed.event_factor[peak.parent]
        np.add.at(self.event_units_without, (event, region[inside], peak.plain_sku), without)

    def note_people(self, persons: People, mailings: list[Mailing]) -> None:
        """Add a block's newcomers and the customers that campaigns reached."""
        np.add.at(self.newcomers, (persons.first_day, persons.main_channel), 1)
        self.treated[:] += [int(mailing.treated.sum()) for mailing in mailings]


def tally(world: World) -> DemandTally:
    """All zero."""
    skus = len(world.goods.names)
    events = (len(EVENTS), len(REGIONS), skus)
    return DemandTally(
        cells=np.zeros((DAYS, len(world.where.ids), skus), dtype=np.int32),
        regions=np.zeros((DAYS, len(REGIONS), skus), dtype=np.int32),
        event_units=np.zeros(events),
        event_units_without=np.zeros(events),
        newcomers=np.zeros((DAYS, len(process.CHANNELS)), dtype=np.int64),
        treated=np.zeros(len(process.CAMPAIGNS), dtype=np.int64),
    )


def persons(people: People) -> pl.DataFrame:
    """One row per person: customer_id, first_day, kind, rate_per_day (lambda), leaving (p), mean_order_value, alive,
    region, main_channel, first_category, purchase_days, undisturbed_days (if no stock-out cost anybody), lost_on and
    lost_by (empty but for those who left because of a stock-out or of distance), new_phone_on (empty for those who keep
    their phone)."""
    new_phone = new_phone_day(people.number, people.first_day)
    return pl.DataFrame(
        {
            "customer_id": customer_codes(people.number),
            "first_day": dates(people.first_day),
            "kind": named(process.KINDS_OF_BUYER, people.kind),
            "rate_per_day": pl.Series(people.rate).cast(pl.Float32),
            "leaving": pl.Series(people.leaving).cast(pl.Float32),
            "mean_order_value": pl.Series(process.SPENDING.p / people.nu).cast(pl.Float32),
            "alive": pl.Series(people.alive),
            "region": named(REGIONS, people.region),
            "main_channel": named(process.CHANNELS, people.main_channel),
            "first_category": named(CATEGORIES, people.first_category),
            "purchase_days": pl.Series(people.active_days.astype(np.int64)),
            "undisturbed_days": pl.Series(people.undisturbed_days.astype(np.int64)),
            "lost_on": dates(people.lost_day, people.lost_by == STAYS),
            "lost_by": named(LOST_BY, people.lost_by, people.lost_by == STAYS),
            "new_phone_on": dates(new_phone, new_phone >= DAYS),
        }
    )


def accounts(people: People, held: Accounts) -> pl.DataFrame:
    """One row per account: account_id, customer_id (the person), channel, is_guest; the merchant's own number of each
    person is an account too, without a channel."""
    number = people.number[held.person]
    guests = held.guests
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(people.number))
    parts = (
        (account_codes(number, held.channel, held.account), number, named(process.CHANNELS, held.channel), False),
        (
            guests["account_id"],
            people.number[guests["person"].to_numpy()],
            named(process.CHANNELS, guests["channel"].to_numpy()),
            True,
        ),
        (customer_codes(people.number), people.number, nothing, False),
    )
    return pl.concat(
        pl.DataFrame({"account_id": ids, "customer_id": customer_codes(person), "channel": channel}).with_columns(
            is_guest=pl.lit(is_guest)
        )
        for ids, person, channel, is_guest in parts
    )


def campaign_purchases(people: People, visits: Visits) -> pl.DataFrame:
    """One row per purchase that a campaign brought: campaign_id, customer_id, day."""
    rows = np.flatnonzero(visits.campaign != NONE)
    return pl.DataFrame(
        {
            "campaign_id": named(tuple(campaign.id for campaign in process.CAMPAIGNS), visits.campaign[rows]),
            "customer_id": customer_codes(people.number[visits.person[rows]]),
            "day": dates(visits.day[rows]),
        }
    )


def lost_units(world: World, lost: list[LostLines]) -> pl.DataFrame:
    """One row per day, location, region, SKU: units asked for and not had, and whether a staple was taken instead."""
    keys = ["day", "location", "region", "sku", "replaced"]
    columns = {name: np.concatenate([getattr(each, name) for each in lost]) for name in (*keys, "units")}
    total = pl.DataFrame(columns).group_by(keys).agg(pl.col("units").sum()).sort(keys)
    return pl.DataFrame(
        {
            "day": dates(total["day"].to_numpy()),
            "location_id": named(world.where.ids, total["location"].to_numpy()),
            "region": named(REGIONS, total["region"].to_numpy()),
            "sku": named(world.goods.skus, total["sku"].to_numpy()),
            "replaced": total["replaced"],
            "units": total["units"],
        }
    )


def demand(world: World, noted: DemandTally) -> pl.DataFrame:
    """One row per SKU, region and day with demand: units asked for, whether they were there or not."""
    sku, region, day = np.nonzero(noted.regions.transpose(2, 1, 0))
    return pl.DataFrame(
        {
            "sku": named(world.goods.skus, sku),
            "region": named(REGIONS, region),
            "day": dates(day),
            "units": pl.Series(noted.regions[day, region, sku]),
        }
    )


def event_uplift(world: World, noted: DemandTally) -> pl.DataFrame:
    """One row per event within the data, region and category; factors hold on the main day."""
    event, region, category = _events_by(len(REGIONS), len(CATEGORIES))
    units, without = (
        np.add.reduceat(units, np.flatnonzero(np.diff(world.goods.category, prepend=-1)), axis=2)
        for units in (noted.event_units, noted.event_units_without)
    )
    by_event = {name: pl.Series([getattr(each, name) for each in EVENTS]) for name in ("newcomers", "unidentified")}
    shoulder = pl.Series([each.shoulder for each in EVENTS])
    return pl.DataFrame(
        {
            "event_id": named(tuple(each.id for each in EVENTS), event),
            "region": named(REGIONS, region),
            "category": named(CATEGORIES, category),
            "units_factor": world.tastes.units[event, region, category],
            "newcomers_factor": by_event["newcomers"].gather(event),
            "unidentified_factor": by_event["unidentified"].gather(event),
            "shoulder": shoulder.gather(event),
            "units": units[event, region, category].astype(np.int64),
            "units_without": without[event, region, category],
        }
    )


def event_items(world: World, noted: DemandTally) -> pl.DataFrame:
    """One row per event within the data and SKU: units asked for, and without the event."""
    event, sku = _events_by(len(world.goods.names))
    return pl.DataFrame(
        {
            "event_id": named(tuple(each.id for each in EVENTS), event),
            "sku": named(world.goods.skus, sku),
            "tier": named(tuple(name for name, _ in TIERS), world.goods.tier[sku]),
            "units": noted.event_units.sum(axis=1)[event, sku].astype(np.int64),
            "units_without": noted.event_units_without.sum(axis=1)[event, sku],
        }
    )


def _events_by(*sizes: int) -> tuple[Ints, ...]:
    inside = [n for n, event in enumerate(EVENTS) if event.starts_on >= FIRST_DAY and event.ends_on <= LAST_DAY]
    return tuple(axis.ravel() for axis in np.meshgrid(inside, *map(np.arange, sizes), indexing="ij"))


def base_demand(world: World) -> pl.DataFrame:
    """One row per region, calendar month (1..12), category: share of buyers in the region, share of their lines."""
    region, month, category = (axis.ravel() for axis in np.indices(world.tastes.shares.shape))
    return pl.DataFrame(
        {
            "region": named(REGIONS, region),
            "month": month + 1,
            "category": named(CATEGORIES, category),
            "buyers_share": world.where.buyers[region],
            "lines_share": world.tastes.shares[region, month, category],
        }
    )


def day_factors() -> pl.DataFrame:
    """One row per day: how many times the newcomers and unidentified orders of the day without its event, and how eager
    known persons are to buy."""
    return pl.DataFrame(
        {
            "day": dates(np.arange(DAYS)),
            "newcomers_factor": NEWCOMER_FACTOR,
            "unidentified_factor": UNIDENTIFIED_FACTOR,
            "buying_season": BUYING_SEASON,
        }
    )
