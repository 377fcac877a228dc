"""Blocks of simulated arrays as rows of the contract's tables: order lines, customers, identities, contacts."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from shopkeeper.contract.tables import CONTACTS, CUSTOMERS, ORDER_LINES
from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.sample import process
from shopkeeper.sample.files import blank, codes, conform, dates, money, named, times
from shopkeeper.sample.goods import CATEGORIES
from shopkeeper.sample.identities import Named, customer_codes
from shopkeeper.sample.orders import Lines, Orders, World
from shopkeeper.sample.people import Mailing, People
from shopkeeper.sample.places import REGIONS

FREE_SHIPPING_FROM, SHIPPING = 9_900, 800  # fen
REDUCED_TAX = tuple(CATEGORIES.index(name) for name in ("粮油 Grain & oil", "水果 Fruit"))
LEVELS = ("普通 Basic", "银卡 Silver", "金卡 Gold")


@dataclass(frozen=True)
class Numbered:
    """Order lines with `orders` numbered in order of time from `first_number` on."""

    frame: pl.DataFrame
    orders: int


def order_lines(
    world: World, buyers: Named, placed: Orders, sold: Lines, orders_so_far: int, first_number: int
) -> Numbered:
    """Rows of `order_lines`, sorted by time. Refunds have an `order` of `orders_so_far` and above."""
    keys, start, order = np.unique(sold.order, return_index=True, return_inverse=True)
    rank = np.empty(len(keys), dtype=np.int64)
    rank[np.lexsort((sold.second[start], sold.day[start]))] = np.arange(len(keys))
    refund = sold.status == process.REFUND
    original = np.searchsorted(keys, np.where(refund, sold.order - orders_so_far, keys[0]))
    sequence = np.lexsort((sold.sku, rank[order]))
    number = first_number + rank
    frame = _line_frame(world, buyers, placed, sold, number[order], number[original], start)
    return Numbered(frame[sequence], len(keys))


def _line_frame(
    world: World, buyers: Named, placed: Orders, sold: Lines, number: Ints, original: Ints, starts: Ints
) -> pl.DataFrame:
    goods, parent = world.goods, sold.parent
    refund, sale = sold.status == process.REFUND, sold.status == process.SALE
    staff = sold.status == process.STAFF
    channel = placed.channel[parent]
    rate = np.where(np.isin(goods.category[sold.sku], REDUCED_TAX), 9, 13)
    ids = codes("S", number, 9).zip_with(pl.Series(~refund), codes("R", number, 9))
    return conform(
        ORDER_LINES,
        {
            "order_id": ids,
            "ordered_at": times(sold.day, sold.second),
            "sku": named(goods.skus, sold.sku),
            "quantity": pl.Series(sold.units),
            "net_amount": money(sold.net),
            "customer_id": blank(buyers.customer.gather(parent), staff),
            "account_id": blank(buyers.account.gather(parent), staff),
            "channel": named(process.CHANNELS, channel),
            "device": named(process.DEVICES, placed.device[parent]),
            "ship_to_region": named(REGIONS, placed.region[parent]),
            "ship_from_location": named(world.where.ids, placed.location[parent]),
            "unit_cost": money(goods.cost[sold.sku]),
            "discount": money(goods.price[sold.sku] * sold.units - sold.net),
            "tax": money(np.rint(sold.net * rate / 100).astype(np.int64)),
            "shipping": money(_shipping(sold, starts, channel, sale)),
            "currency": pl.Series(["CNY"]).new_from_index(0, len(sold)),
            "status": named(process.STATUSES, sold.status),
            "original_order_id": codes("S", original, 9, ~refund),
        },
    )


def _shipping(sold: Lines, starts: Ints, channel: Ints, sale: Flags) -> Ints:
    """Small online orders pay shipping, on their first line."""
    total = np.add.reduceat(sold.net, starts)
    small = (channel[starts] < process.STORE_CHANNEL) & sale[starts] & (total < FREE_SHIPPING_FROM)
    shipping = np.zeros(len(sold), dtype=np.int64)
    shipping[starts[small]] = SHIPPING
    return shipping


def customers(rng: np.random.Generator, persons: People) -> pl.DataFrame:
    """Rows of `customers`."""
    size = len(persons.number)
    level = np.searchsorted((4, 9), persons.active_days, side="right")
    return conform(
        CUSTOMERS,
        {
            "customer_id": customer_codes(persons.number),
            "joined_on": dates(persons.first_day),
            "region": named(REGIONS, persons.region, rng.random(size) < 0.03),
            "member_level": named(LEVELS, level),
            "contactable": pl.Series(persons.contactable),
        },
    )


def contacts(persons: People, mailings: list[Mailing]) -> pl.DataFrame:
    """Rows of `contacts`."""
    return pl.concat(
        [
            conform(
                CONTACTS,
                {
                    "campaign_id": pl.Series([campaign.id]).new_from_index(0, len(mailing.person)),
                    "customer_id": customer_codes(persons.number[mailing.person]),
                    "sent_on": pl.Series([campaign.sent_on]).new_from_index(0, len(mailing.person)),
                    "arm": named(("held_out", "treated"), mailing.treated.astype(np.int64)),
                    "channel": pl.Series(["短信 SMS"]).new_from_index(0, len(mailing.person)),
                },
            )
            for campaign, mailing in zip(process.CAMPAIGNS, mailings, strict=True)
        ]
    )
