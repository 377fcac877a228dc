"""What the sample shop spends to win customers and to keep them, and more in the regions of its test."""

import numpy as np
import polars as pl

from shopkeeper.contract.tables import MARKETING_SPEND
from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.sample import process
from shopkeeper.sample.calendar import DAYS, EVENT_OF_DAY, FIRST_DAY
from shopkeeper.sample.files import conform, dates, money, named
from shopkeeper.sample.people import in_region_test
from shopkeeper.sample.places import REGIONS, Places
from shopkeeper.sample.process import REGION_TEST

COST_OF_NEWCOMER = np.array([44.0, 40.0, 30.0, 20.0, 14.0, 10.0])  # yuan of spending per new customer, by channel
AWARENESS = "抖音 Douyin ads"
"""Wins buyers for all channels, and sells nothing itself."""
AWARENESS_SHARE, KEEP_SHARE = 0.18, 0.12
COST_OF_MESSAGE, COST_OF_COUPON = 0.06, 1.4  # yuan per person treated
WIN, KEEP = "win", "keep"


def marketing_spend(rng: np.random.Generator, where: Places, newcomers: Ints, treated: Ints) -> pl.DataFrame:
    """Rows of `marketing_spend`. `newcomers` is day x channel, `treated` the customers mailed by campaign."""
    week = np.ones(7) / 7
    smooth = np.stack([np.convolve(column, week, mode="same") for column in newcomers.T.astype(float)], axis=1)
    dearer: Floats = np.where(EVENT_OF_DAY >= 0, 1.25, 1.0)[:, None]
    win = smooth * COST_OF_NEWCOMER * dearer * rng.uniform(0.8, 1.2, smooth.shape)
    awareness = np.convolve(win.sum(axis=1), np.ones(28) / 28, mode="same")[:, None] * AWARENESS_SHARE
    keep = win * KEEP_SHARE * np.linspace(0.6, 1.6, DAYS)[:, None]
    return pl.concat(
        [
            _daily(win, process.CHANNELS, WIN),
            _daily(awareness, (AWARENESS,), WIN),
            _daily(
                keep[:, [0, process.MINI_PROGRAM]], (process.CHANNELS[0], process.CHANNELS[process.MINI_PROGRAM]), KEEP
            ),
            _regional(where, win),
            _campaigns(treated),
        ]
    ).sort("day", maintain_order=True)


def _daily(amount: Floats, channels: tuple[str, ...], purpose: str) -> pl.DataFrame:
    day, channel = np.nonzero(amount >= 0.5)
    return conform(
        MARKETING_SPEND,
        {
            "day": dates(day),
            "channel": named(channels, channel),
            "amount": money(np.rint(amount[day, channel]).astype(np.int64) * 100),
            "purpose": _all(purpose, len(day)),
        },
    )


def _regional(where: Places, win: Floats) -> pl.DataFrame:
    """What the test spends more in its regions, on the two marketplaces."""
    tested = np.flatnonzero(np.isin(REGIONS, REGION_TEST.regions))
    days = np.flatnonzero(in_region_test())
    # All that is won in a region is spent there in proportion; the test spends its part of it on two channels.
    amount = win[days].sum(axis=1)[:, None] * where.buyers[tested] * REGION_TEST.spend
    day, row = (axis.ravel() for axis in np.indices(amount.shape))
    parts = [
        conform(
            MARKETING_SPEND,
            {
                "day": dates(days[day]),
                "channel": named(process.CHANNELS, np.full(len(day), channel)),
                "amount": money(np.rint(amount[day, row] * share).astype(np.int64) * 100),
                "campaign_id": _all(REGION_TEST.id, len(day)),
                "purpose": _all(WIN, len(day)),
                "region": named(REGIONS, tested[row]),
            },
        )
        for channel, share in ((0, 0.6), (1, 0.4))
    ]
    return pl.concat(parts)


def _campaigns(treated: Ints) -> pl.DataFrame:
    sent = np.array([(campaign.sent_on - FIRST_DAY).days for campaign in process.CAMPAIGNS])
    return conform(
        MARKETING_SPEND,
        {
            "day": dates(sent),
            "channel": named(process.CHANNELS, np.full(len(sent), process.MINI_PROGRAM)),
            "amount": money(np.rint(treated * (COST_OF_MESSAGE + COST_OF_COUPON) * 100).astype(np.int64)),
            "campaign_id": pl.Series([campaign.id for campaign in process.CAMPAIGNS]),
            "purpose": _all(KEEP, len(sent)),
        },
    )


def _all(text: str, height: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, height)
