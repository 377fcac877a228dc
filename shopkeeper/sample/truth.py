"""What nobody knows of a real shop: the laws behind the numbers, person by person and stock-out by stock-out."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import (
    DAYS,
    EVENT_OF_DAY,
    EVENTS,
    FIRST_DAY,
    LAST_DAY,
    NEWCOMER_FACTOR,
    UNIDENTIFIED_FACTOR,
)
from shopkeeper.sample.catalogue import CATEGORIES
from shopkeeper.sample.files import dates, named
from shopkeeper.sample.fulfilment import LostLines
from shopkeeper.sample.identities import Accounts, account_codes, customer_codes, new_phone_day, planted
from shopkeeper.sample.orders import Lines, Orders, World
from shopkeeper.sample.people import Mailing, People, Visits
from shopkeeper.sample.places import REGIONS
from shopkeeper.sample.stock import NONE

NOTES = {
    "purchasing": (
        "Persons arrive, then buy on days whose gaps are exponential with rate lambda (rounded to whole days, at "
        "least one), lambda ~ Gamma(r, rate alpha) per day. After each repeat purchase a person leaves for good "
        "with p ~ Beta(a, b); as in BG/NBD nobody leaves at the first purchase. lambda and p are independent."
    ),
    "spending": (
        "An order's value in yuan ~ Gamma(p, rate nu), nu ~ Gamma(q, rate v) per person, independent of "
        "purchasing. On event days lines are multiplied by the event's units factor; stock-outs take lines away,"
        " so a p fitted to all orders comes out about a tenth lower."
    ),
    "events": (
        "Events never move the purchase days of known persons. They bring more new customers and more unidentified "
        "orders (factors by event), and more units per line (units_factor by event, region and category)."
    ),
    "event_uplift": (
        "On a window's day the factors are 1 + (factor - 1) * share, share 1 on the main day, `shoulder` on the "
        "others. units = asked for; units_without = the same lines at factor 1, newcomers and unidentified orders "
        "weighted down by their own factor."
    ),
    "channels": (
        "The main channel is drawn given the person: people slow to leave are found more in owned channels "
        "(channel_tilt). The population over all channels keeps the one law."
    ),
    "stock_outs": (
        "A stock-out takes units or lines from an order. An order that would lose everything takes the category's "
        "staple instead (replaced = true), so purchase days stay. Stock-outs do not change what a customer does "
        "later."
    ),
    "refunds": "Independent of customer, item and channel. Returned goods are not put back on a shelf.",
    "campaigns": (
        "Each treated person makes one extra purchase with probability `effect` on a day drawn evenly from the "
        "window_days after sending, beside the own process, dead or alive (campaign_purchases lists them)."
    ),
    "extras": "Cancelled, staff, gift and exchange orders come on top of the purchases.",
    "identities": (
        "An order names the channel's account; a member's in mini-program, stores and at dealers the customer number "
        "too; of the other orders of web shop and stores one in five is a guest's, with a phone or an e-mail only. "
        "Accounts of a person share phone and e-mail where these are given, less typing errors (2 in 100); a second "
        "account has another phone. Eight persons in 100 get a new phone some day after their first order "
        "(persons.new_phone_on): accounts and guest orders from then on give the new one, an account that orders "
        "before and after it gives both, the merchant's own list keeps the first. One phone is typed at tills by "
        "many, one is shared by two persons in every 400, who give an e-mail as guests. Names, birth dates and "
        "postcodes are given by some, and shared by chance. accounts says whose each account is; `identities` here "
        "holds the shares."
    ),
}


@dataclass(frozen=True)
class DemandTally:
    """Arrays that grow while blocks are drawn: what was asked for, compact whatever the number of orders."""

    cells: Ints  # day x location x SKU, units that must leave a shelf
    regions: Ints  # day x region x SKU, units asked for by sale lines
    event_units: Floats  # event x region x category
    event_units_without: Floats
    newcomers: Ints  # day x channel
    treated: Ints  # by campaign

    def note(self, world: World, placed: Orders, demanded: Lines, ships: Ints, cells: Ints) -> None:
        """Add a block. `ships` are the rows of `demanded` that leave a shelf, `cells` their places in `self.cells`."""
        np.add.at(self.cells.reshape(-1), cells, demanded.units[ships].astype(np.int32))
        sale = demanded.take(demanded.status == process.SALE)
        region = placed.region[sale.parent]
        np.add.at(self.regions, (sale.day, region, sale.sku), sale.units.astype(np.int32))
        inside = np.flatnonzero(EVENT_OF_DAY[sale.day] >= 0)
        peak = sale.take(inside)
        where = (EVENT_OF_DAY[peak.day], region[inside], world.goods.category[peak.sku])
        np.add.at(self.event_units, where, peak.units)
        without = peak.units / peak.units_factor / placed.event_factor[peak.parent]
        np.add.at(self.event_units_without, where, without)

    def note_people(self, persons: People, mailings: list[Mailing]) -> None:
        """Add a block's newcomers and the customers that campaigns reached."""
        np.add.at(self.newcomers, (persons.first_day, persons.main_channel), 1)
        self.treated[:] += [int(mailing.treated.sum()) for mailing in mailings]


def tally(world: World) -> DemandTally:
    """All zero."""
    skus = len(world.goods.names)
    events = (len(EVENTS), len(REGIONS), len(CATEGORIES))
    return DemandTally(
        cells=np.zeros((DAYS, len(world.where.ids), skus), dtype=np.int32),
        regions=np.zeros((DAYS, len(REGIONS), skus), dtype=np.int32),
        event_units=np.zeros(events),
        event_units_without=np.zeros(events),
        newcomers=np.zeros((DAYS, len(process.CHANNELS)), dtype=np.int64),
        treated=np.zeros(len(process.CAMPAIGNS), dtype=np.int64),
    )


def parameters(seed: int, orders: int) -> dict[str, object]:
    """Everything in `parameters.json`."""
    return {
        "seed": seed,
        "orders_asked_for": orders,
        "first_day": str(FIRST_DAY),
        "last_day": str(LAST_DAY),
        "time_unit": "day",
        "purchasing": asdict(process.PURCHASING),
        "spending": asdict(process.SPENDING),
        "campaigns": [{**asdict(campaign), "sent_on": str(campaign.sent_on)} for campaign in process.CAMPAIGNS],
        "unidentified_share": process.UNIDENTIFIED_SHARE,
        "refund_rate": process.REFUND_RATE,
        "identities": planted(),
        "channel_tilt": {
            "leaves soon (p above mean)": dict(zip(process.CHANNELS, process.CHANNEL_TILT[0].tolist(), strict=True)),
            "leaves late (p below mean)": dict(zip(process.CHANNELS, process.CHANNEL_TILT[1].tolist(), strict=True)),
        },
        "notes": NOTES,
    }


def write_parameters(path: Path, seed: int, orders: int) -> None:
    """Write `parameters.json`."""
    path.write_text(json.dumps(parameters(seed, orders), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def persons(people: People) -> pl.DataFrame:
    """One row per person: customer_id, first_day, rate_per_day (lambda), leaving (p), mean_order_value, alive, region,
    main_channel, purchase_days, new_phone_on (empty for those who keep their phone)."""
    new_phone = new_phone_day(people.number, people.first_day)
    return pl.DataFrame(
        {
            "customer_id": customer_codes(people.number),
            "first_day": dates(people.first_day),
            "rate_per_day": pl.Series(people.rate).cast(pl.Float32),
            "leaving": pl.Series(people.leaving).cast(pl.Float32),
            "mean_order_value": pl.Series(process.SPENDING.p / people.nu).cast(pl.Float32),
            "alive": pl.Series(people.alive),
            "region": named(REGIONS, people.region),
            "main_channel": named(process.CHANNELS, people.main_channel),
            "purchase_days": pl.Series(people.active_days.astype(np.int64)),
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
    columns = {name: np.concatenate([getattr(each, name) for each in lost]) for name in LostLines.__dataclass_fields__}
    keys = ["day", "location", "region", "sku", "replaced"]
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
    inside = [n for n, event in enumerate(EVENTS) if event.starts_on >= FIRST_DAY and event.ends_on <= LAST_DAY]
    event, region, category = (
        axis.ravel() for axis in np.meshgrid(inside, np.arange(len(REGIONS)), np.arange(len(CATEGORIES)), indexing="ij")
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
            "units": noted.event_units[event, region, category].astype(np.int64),
            "units_without": noted.event_units_without[event, region, category],
        }
    )


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
    """One row per day: how many times the newcomers and unidentified orders of the day without its event."""
    return pl.DataFrame(
        {
            "day": dates(np.arange(DAYS)),
            "newcomers_factor": NEWCOMER_FACTOR,
            "unidentified_factor": UNIDENTIFIED_FACTOR,
        }
    )
