"""The known laws behind the sample shop: how people buy, leave, spend and choose a channel. Told in truth/."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from shopkeeper.models.arrays import Floats
from shopkeeper.sample.calendar import MONTHS

CHANNELS = ("天猫 Tmall", "京东 JD", "官网 Web shop", "小程序 Mini-program", "门店 Stores", "经销商 Dealers")
STORE_CHANNEL, DEALER_CHANNEL = 4, 5
ACCOUNT_PREFIXES = ("TM", "JD", "WEB", "MP", "ST", "DL")
DEVICES = ("phone", "desktop", "till")
PHONE, DESKTOP, TILL = range(3)
STATUSES = ("sale", "refund", "cancelled", "staff", "gift", "exchange")
SALE, REFUND, CANCELLED, STAFF, GIFT, EXCHANGE = range(6)


@dataclass(frozen=True)
class Purchasing:
    """BG/NBD in days: purchase rate lambda ~ Gamma(r, rate alpha); after a repeat one leaves with p ~ Beta(a, b)."""

    r: float = 0.4
    alpha: float = 50.0
    a: float = 0.8
    b: float = 2.6


@dataclass(frozen=True)
class Spending:
    """Gamma-Gamma in yuan: an order's value ~ Gamma(p, rate nu), a person's nu ~ Gamma(q, rate v); mean p*v/(q-1)."""

    p: float = 5.0
    q: float = 4.0
    v: float = 108.0


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


PURCHASING = Purchasing()
SPENDING = Spending()
CAMPAIGNS = (
    Campaign("WINBACK-2025-09", date(2025, 9, 8), 0.08, 60),
    Campaign("SPRING-2026-04", date(2026, 4, 13), 0.05, 30),
)
UNIDENTIFIED_SHARE = 0.12
MAIN_CHANNEL_LOYALTY = 0.72
GIFT_ELSEWHERE = 0.03
LINE_SHARES = (0.42, 0.29, 0.16, 0.08, 0.05)  # 1 to 5 lines in an order, when its value allows
SMALLEST_LINE = 30.0  # yuan, on average over the lines of an order
REFUND_RATE = 0.042
EXTRA_RATES = ((CANCELLED, 0.012), (STAFF, 0.004), (GIFT, 0.004), (EXCHANGE, 0.003))
CONTACTABLE = 0.86

_MIX_FIRST = np.array([0.38, 0.24, 0.13, 0.08, 0.11, 0.06])
_MIX_LAST = np.array([0.30, 0.19, 0.12, 0.22, 0.11, 0.06])
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
    """Cumulative choice by month, then by whether the region has a store, then by channel."""
    weights = np.repeat(_over_months(_MIX_FIRST, _MIX_LAST)[:, None, :] * tilt, 2, axis=1)
    weights[:, 0, STORE_CHANNEL] = 0.0
    return np.asarray(np.cumsum(weights / weights.sum(axis=2, keepdims=True), axis=2), dtype=np.float64)


PHONE_SHARE: Floats = _over_months(_PHONE_FIRST, _PHONE_LAST)
MIX_CURVE: Floats = _channel_curve(np.ones(len(CHANNELS)))
MAIN_CURVES: Floats = np.stack([_channel_curve(tilt) for tilt in CHANNEL_TILT])  # leaves soon, leaves late
UNIDENTIFIED_MIX: Floats = _channel_curve(UNIDENTIFIED_TILT)
