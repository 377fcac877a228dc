"""What buyers paid down before 11.11 and 618, and so far for the coming 11.11."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from shopkeeper.contract.tables import DEPOSITS
from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import EVENT_OF_DAY, EVENTS, FIRST_DAY, LAST_DAY
from shopkeeper.sample.chance import chance
from shopkeeper.sample.files import codes, conform, dates, money, named
from shopkeeper.sample.identities import Named, account_codes
from shopkeeper.sample.orders import Lines, Orders, World
from shopkeeper.sample.people import People
from shopkeeper.sample.places import REGIONS

SHARE, UNPAID, GROWTH = 0.25, 0.04, 1.15
PRESALE_DAYS = 18
DOWN = 0.1
"""Share of a line's money that is paid down."""
NAMES = ("双11 Double 11", "618 Mid-year sale")


@dataclass(frozen=True)
class _Paid:
    """Arrays over deposits for past events."""

    row: Ints  # of Lines
    event: Ints
    ahead: Ints  # days before the event opens
    kept: Flags  # whether the balance was paid


def _past(sold: Lines, placed: Orders, has_account: Flags) -> _Paid:
    event = EVENT_OF_DAY[sold.day]
    takes_part = np.isin(np.arange(len(EVENTS)), [n for n, each in enumerate(EVENTS) if each.name in NAMES])
    has_buyer = has_account[sold.parent] & (placed.channel[sold.parent] < process.STORE_CHANNEL)
    eligible = has_buyer & (sold.status == process.SALE) & (event >= 0) & takes_part[event]
    drawn = chance(81, sold.order, sold.sku, sold.day)
    row = np.flatnonzero(eligible & (drawn < SHARE + UNPAID))
    # Most pay as soon as the pre-sale opens.
    ahead = 1 + (PRESALE_DAYS - 1) * np.sqrt(chance(82, sold.order[row], sold.sku[row]))
    return _Paid(row, event[row], np.rint(ahead).astype(np.int64), drawn[row] < SHARE)


def _opening_days() -> Ints:
    return np.array([(event.starts_on - FIRST_DAY).days for event in EVENTS])


def deposits(
    world: World, persons: People, placed: Orders, sold: Lines, buyers: Named, first_number: int
) -> pl.DataFrame:
    """Rows of `deposits`, numbered from `first_number` on."""
    paid = _past(sold, placed, buyers.account.is_not_null().to_numpy())
    parent = sold.parent[paid.row]
    past = _frame(
        world,
        paid,
        sold,
        day=_opening_days()[paid.event] - paid.ahead,
        event=paid.event,
        region=placed.region[parent],
        channel=placed.channel[parent],
    ).with_columns(
        customer_id=buyers.customer.gather(parent),
        account_id=buyers.account.gather(parent),
        balance_paid=pl.Series(paid.kept),
    )
    rows = pl.concat([past, _coming(world, persons, sold, paid)]).sort("day", maintain_order=True)
    return conform(DEPOSITS, {"deposit_id": codes("P", first_number + np.arange(rows.height), 7), **rows.to_dict()})


def _coming(world: World, persons: People, sold: Lines, paid: _Paid) -> pl.DataFrame:
    """Deposits paid so far for the coming event, of the items that went last year."""
    coming = next(n for n, event in enumerate(EVENTS) if event.name == NAMES[0] and event.starts_on > LAST_DAY)
    last = EVENTS[coming].starts_on - timedelta(days=365)
    again = np.flatnonzero(np.isin(paid.event, [n for n, event in enumerate(EVENTS) if event.starts_on == last]))
    again = np.concatenate([again, again[chance(83, again) < GROWTH - 1]])
    there = np.flatnonzero(persons.alive & (persons.main_channel < 2))
    again = again if len(there) else again[:0]
    day = _opening_days()[coming] - paid.ahead[again]
    again, day = again[day <= (LAST_DAY - FIRST_DAY).days], day[day <= (LAST_DAY - FIRST_DAY).days]
    buyer = there[(chance(84, again, np.arange(len(again))) * len(there)).astype(np.int64)]
    part = _Paid(paid.row[again], paid.event[again], paid.ahead[again], paid.kept[again])
    return _frame(
        world,
        part,
        sold,
        day=day,
        event=np.full(len(again), coming),
        region=persons.region[buyer],
        channel=persons.main_channel[buyer],
    ).with_columns(
        customer_id=pl.lit(None, dtype=pl.String),
        account_id=account_codes(persons.number[buyer], persons.main_channel[buyer], np.zeros(len(again), np.int64)),
        balance_paid=pl.lit(None, dtype=pl.Boolean),
    )


def _frame(
    world: World, paid: _Paid, sold: Lines, *, day: Ints, event: Ints, region: Ints, channel: Ints
) -> pl.DataFrame:
    fen = np.maximum(np.rint(sold.net[paid.row] * DOWN / 100), 1).astype(np.int64) * 100
    return pl.DataFrame(
        {
            "event_id": named(tuple(each.id for each in EVENTS), event),
            "day": dates(day),
            "sku": named(world.goods.skus, sold.sku[paid.row]),
            "quantity": pl.Series(sold.units[paid.row]),
            "amount": money(fen),
            "region": named(REGIONS, region),
            "channel": named(process.CHANNELS, channel),
        }
    )
