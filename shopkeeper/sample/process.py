"""The known laws behind the sample shop: how people buy, leave, spend and choose a channel. Told in truth/."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.sample.calendar import MONTHS
from shopkeeper.sample.places import Places

CHANNELS = ("天猫 Tmall", "京东 JD", "官网 Web shop", "小程序 Mini-program", "门店 Stores", "经销商 Dealers")
MINI_PROGRAM, STORE_CHANNEL, DEALER_CHANNEL = 3, 4, 5
ACCOUNT_PREFIXES = ("TM", "JD", "WEB", "MP", "ST", "DL")
DEVICES = ("phone", "desktop", "till")
PHONE, DESKTOP, TILL = range(3)
STATUSES = ("sale", "refund", "cancelled", "staff", "gift", "exchange", "sell_in")
SALE, REFUND, CANCELLED, STAFF, GIFT, EXCHANGE, SELL_IN = range(7)


@dataclass(frozen=True)
class Purchasing:
    """BG/NBD in days: purchase rate lambda ~ Gamma(r, rate alpha); after a repeat one leaves with p ~ Beta(a, b).

    Inter-purchase times are Erlang of `shape` and mean 1 / lambda: exponential for 1, the more regular the higher.
    """

    share: float  # of all persons
    r: float
    alpha: float
    a: float
    b: float
    shape: int = 1


@dataclass(frozen=True)
class Spending:
    """Gamma-Gamma in yuan: an order's value ~ Gamma(p, rate nu), a person's nu ~ Gamma(q, rate v); mean p*v/(q-1)."""

    p: float = 5.0
    q: float = 4.0
    v: float = 150.0


@dataclass(frozen=True)
class Campaign:
    """A past mailing. `effect` is the chance that a treated person makes one extra purchase within `window_days`."""

    id: str
    sent_on: date
    effect: float
    quiet_days: int  # eligible: contactable, bought on two days or more, and not for so many days before sending
    sampled: float = 0.45  # of the eligible; few enough for the extra purchases not to hide the BG/NBD law
    treated: float = 0.7
    window_days: int = 14
    programme: bool = False  # whether the persons held out are the same in every campaign


PURCHASING = Purchasing(0.97, r=0.4, alpha=50.0, a=0.8, b=2.6)
REGULAR = Purchasing(0.03, r=2.0, alpha=110.0, a=0.8, b=4.0, shape=3)
KINDS_OF_BUYER = ("irregular", "regular")
LAWS = (PURCHASING, REGULAR)
SPENDING = Spending()
FAR_LEAVES, STOCK_OUT_LEAVES = 0.1, 0.12
"""Chances to leave for good: at a first purchase from far away, after each order that a stock-out cut."""
PROGRAMME_HOLDOUT = 0.2
CAMPAIGNS = (
    Campaign("WINBACK-2025-09", date(2025, 9, 8), 0.08, 60),
    Campaign("SPRING-2026-04", date(2026, 4, 13), 0.05, 30, sampled=0.3),
    *(
        Campaign(f"CARE-{day:%Y-%m}", day, 0.025, 45, sampled=0.12, treated=1 - PROGRAMME_HOLDOUT, programme=True)
        for day in (date(2025, 12, 2), *(date(2026, month, 5) for month in range(1, 10)))
    ),
)


@dataclass(frozen=True)
class RegionTest:
    """More spending to win in some regions for some weeks; it brings `lift` times the newcomers of the day there."""

    id: str = "REGION-TEST-2026-03"
    regions: tuple[str, ...] = ("浙江 Zhejiang", "湖南 Hunan", "河北 Hebei", "重庆 Chongqing")
    starts_on: date = date(2026, 3, 2)
    ends_on: date = date(2026, 4, 26)
    lift: float = 1.3
    spend: float = 0.6  # more spent there than elsewhere


REGION_TEST = RegionTest()
# The category that follows most often on a first purchase's, and how later lines of known persons are chosen.
NEXT_CATEGORY = (2, 2, 0, 4, 3, 6, 5, 5)
SAME_SHARE, NEXT_SHARE = 0.25, 0.2
UNIDENTIFIED_SHARE = 0.07
MAIN_CHANNEL_LOYALTY = 0.72
GIFT_ELSEWHERE = 0.03
LINE_SHARES = (0.42, 0.29, 0.16, 0.08, 0.05)  # 1 to 5 lines in an order, when its value allows
SMALLEST_LINE = 30.0  # yuan, on average over the lines of an order
REFUND_RATE = 0.042
EXTRA_RATES = ((CANCELLED, 0.012), (STAFF, 0.004), (GIFT, 0.004), (EXCHANGE, 0.003))
CONTACTABLE = 0.86

_MIX_FIRST = np.array([0.36, 0.22, 0.12, 0.08, 0.14, 0.12])
_MIX_LAST = np.array([0.28, 0.17, 0.11, 0.22, 0.14, 0.12])
# People who are slow to leave are found more often in channels the merchant owns. The tilt is on the channel given the
# person, so the population over all channels keeps the one BG/NBD law.
CHANNEL_TILT = np.array([[1.3, 1.2, 0.9, 0.7, 0.7, 0.8], [0.7, 0.8, 1.1, 1.3, 1.3, 1.2]])
UNIDENTIFIED_TILT = np.array([0.5, 0.5, 0.7, 0.3, 4.2, 3.0])
_PHONE_FIRST = np.array([0.80, 0.66, 0.38, 1.0, 0.0, 0.35])
_PHONE_LAST = np.array([0.93, 0.84, 0.66, 1.0, 0.0, 0.60])


def _over_months(first: Floats, last: Floats) -> Floats:
    weight = np.linspace(0.0, 1.0, MONTHS)[:, None]
    return first * (1 - weight) + last * weight


def _channel_curve(tilt: Floats) -> Floats:
    """Cumulative choice by month, then by `served`, then by channel."""
    weights = np.repeat(_over_months(_MIX_FIRST, _MIX_LAST)[:, None, :] * tilt, 4, axis=1)
    weights[:, [0, 2], STORE_CHANNEL] = 0.0
    weights[:, [0, 1], DEALER_CHANNEL] = 0.0
    return np.asarray(np.cumsum(weights / weights.sum(axis=2, keepdims=True), axis=2), dtype=np.float64)


def served(where: Places, region: Ints) -> Ints:
    """What a region has beside warehouses: 0 nothing, 1 a store, 2 a dealer, 3 both."""
    return np.asarray((where.stores[region] > 0) + 2 * where.has_dealer[region], dtype=np.int64)


PHONE_SHARE: Floats = _over_months(_PHONE_FIRST, _PHONE_LAST)
MIX_CURVE: Floats = _channel_curve(np.ones(len(CHANNELS)))
MAIN_CURVES: Floats = np.stack([_channel_curve(tilt) for tilt in CHANNEL_TILT])  # leaves soon, leaves late
UNIDENTIFIED_MIX: Floats = _channel_curve(UNIDENTIFIED_TILT)
