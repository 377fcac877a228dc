"""What the calendar does to demand on ordinary days: the weekday, and the time of the year.

Both are multiples of an average day, told from sums by category, and held near the whole shop's (or near 1) where a
category is too thin to tell.
"""

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints

YEAR = 365.25
SHORTEST_YEARS = 700
"""Days of history below which the time of the year cannot be told from growth."""
WEEKDAY_DAYS = 364
PRIOR = 40
"""Pieces of news that a week's shape is held back by: units times how much more they spread than single units."""
KNOT_DAYS = 182
SHUT_DAYS = 5
"""From as many days in a row without a sale the shop may have been shut."""
SHUT_LATELY = 56
"""Of so many last days: what lies further back hardly moves a level, and is left as it came."""
RARE = 14.0
"""exp(-14) is a millionth: Poisson demand of a mean of 14 that does not come at all."""


def smoothed(totals: Floats, ordinary: Flags, weights: Floats, bandwidth: float = 14.0) -> Floats:
    """Local level by day (rows x days): Gaussian-weighted units per unit of `weights`, of ordinary days only."""
    reach = int(4 * bandwidth)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / bandwidth) ** 2)
    above = np.stack([np.convolve(row, kernel)[reach:-reach] for row in totals * ordinary])
    below = np.stack([np.convolve(row, kernel)[reach:-reach] for row in weights * ordinary])
    mean = (totals * ordinary).sum(axis=1, keepdims=True) / np.maximum((weights * ordinary).sum(axis=1), 1e-9)[:, None]
    return np.asarray(np.where(below > 1e-3, above / np.maximum(below, 1e-3), mean))


def weekday_profile(totals: Floats, ordinary: Flags, weekdays: Ints) -> Floats:
    """Multiples of an average day, rows x 7, of the last year's ordinary days; by rows, near their sum's."""
    recent = slice(-WEEKDAY_DAYS, None)
    units, days = _by_weekday(totals[:, recent] * ordinary[recent], ordinary[recent], weekdays[recent])
    if (days < 2).any() or not units.any():
        return np.ones((totals.shape[0], 7))
    flat = _strength(totals[:, recent].sum(axis=0, keepdims=True)) * PRIOR / 7
    shop = _normal((units.sum(axis=0) + flat * days / days.mean()) / days)
    prior = _strength(totals[:, recent]) * PRIOR
    return _normal((units + prior[:, None] * shop * days / days.sum()) / days)


def own_weekdays(units: Floats, profile: Floats, strength: float) -> Floats:
    """Weekday profiles of single series (rows x 7 units), held near `profile` (rows x 7) by `strength` units each."""
    parent = profile / 7
    return _normal((units + strength * parent) / (units.sum(axis=1, keepdims=True) + strength))


def year_profile(totals: Floats, ordinary: Flags, weights: Floats, days: int) -> Floats:
    """Multiples by day of the time of year, rows x `days` (history, then ahead); 1 where it cannot be told.

    Poisson regression of weekly sums on growth and two harmonics of the year: of all rows together, then of each row's
    share in them. Each pair of coefficients is shrunk by the positive-part James-Stein rule.
    """
    rows, history_days = totals.shape
    if history_days < SHORTEST_YEARS or not totals.any():
        return np.ones((rows, days))
    shop_total = totals.sum(axis=0, keepdims=True)
    mean_weights = (weights * totals.sum(axis=1, keepdims=True)).sum(axis=0, keepdims=True) / max(totals.sum(), 1e-9)
    knots = np.arange(KNOT_DAYS, history_days - KNOT_DAYS / 2, KNOT_DAYS)
    shop_coefficients = _harmonics(shop_total[0], ordinary, mean_weights[0], knots)
    ahead = np.arange(days, dtype=np.float64)
    shop_log = _year(ahead) @ shop_coefficients
    level = smoothed(shop_total, ordinary, mean_weights, 28.0)[0]
    none = np.zeros(0)
    own = [_harmonics(row, ordinary, weight * level, none) for row, weight in zip(totals, weights, strict=True)]
    profile: Floats = np.exp(shop_log + np.stack([_year(ahead) @ beta for beta in own]))
    last = profile[:, :history_days][:, -365:]
    return np.asarray(profile / last.mean(axis=1, keepdims=True))


def _by_weekday(units: Floats, ordinary: Flags, weekdays: Ints) -> tuple[Floats, Floats]:
    at = [weekdays == day for day in range(7)]
    sums = np.stack([units[:, days].sum(axis=1) for days in at], axis=1)
    return sums, np.array([float(ordinary[days].sum()) for days in at])


def _normal(profile: Floats) -> Floats:
    mean = profile.mean(axis=-1, keepdims=True)
    normal: Floats = np.divide(profile, mean, out=np.ones_like(profile), where=mean > 0)
    return normal


def _strength(totals: Floats) -> Floats:
    """Units per piece of news, by row: how much more demand spreads than single units would."""
    mean = totals.mean(axis=1)
    spread = totals.var(axis=1) / np.maximum(mean, 1e-9)
    return np.where(mean > 0, np.maximum(spread, 1.0), 1.0)


def _year(days: Floats) -> Floats:
    turn = 2 * np.pi * days / YEAR
    return np.stack([np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)], axis=1)


def _harmonics(units: Floats, ordinary: Flags, weights: Floats, knots: Floats) -> Floats:
    """Four coefficients of the year in log demand per unit of weight; zeros where nothing stands out."""
    weeks = units.size // 7
    y, exposure = ((values * ordinary)[-weeks * 7 :].reshape(weeks, 7).sum(axis=1) for values in (units, weights))
    middle = units.size - weeks * 7 + np.arange(weeks) * 7 + 3.0
    used = exposure > 0
    if y[used].sum() <= 0 or used.sum() < 52:
        return np.zeros(4)
    y, exposure, middle = y[used], exposure[used], middle[used]
    time = middle / KNOT_DAYS
    bends = [np.maximum(0, time - knot / KNOT_DAYS) for knot in knots]
    design = np.stack([np.ones_like(time), time - time.mean(), *bends, *_year(middle).T], axis=1)
    ridge = np.diag([0.0, 1e-6, *([20.0] * len(bends)), *([1e-6] * 4)])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(y.sum() / exposure.sum())
    for _ in range(25):
        mean = exposure * np.exp(np.clip(design @ beta, -20, 20))
        try:
            step = np.linalg.solve(design.T @ (mean[:, None] * design) + ridge, design.T @ (y - mean) - ridge @ beta)
        except np.linalg.LinAlgError:
            return np.zeros(4)
        beta += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    mean = exposure * np.exp(np.clip(design @ beta, -20, 20))
    spread = max(1.0, float(((y - mean) ** 2 / np.maximum(mean, 1e-9)).sum() / max(1, y.size - beta.size)))
    variance = spread * np.diag(np.linalg.pinv(design.T @ (mean[:, None] * design) + ridge))[-4:]
    return _shrunk(beta[-4:], variance)


def _shrunk(beta: Floats, variance: Floats) -> Floats:
    shrunk = beta.copy()
    for pair in (slice(0, 2), slice(2, 4)):
        signal = float((beta[pair] ** 2).sum())
        shrunk[pair] *= max(0.0, 1 - float(variance[pair].sum()) / signal) if signal > 0 else 0.0
    return np.clip(shrunk, -0.7, 0.7)


def shut(totals: Floats, usual: Floats) -> Flags:
    """Days on which the whole shop was shut lately: runs of `SHUT_DAYS` or more without a sale, too long to be chance.

    `totals` are categories x days, `usual` their multiples of weekday and year. By what the shop usually sells on such
    days, and how widely that spreads, nothing would come in less than one run of a million. A run that lasts until the
    last day is none: nobody knows yet that the shop opens again.
    """
    sold, multiples = totals.sum(axis=0), (usual * totals.sum(axis=1, keepdims=True)).sum(axis=0)
    expected = multiples * sold.sum() / max(float(multiples.sum()), 1e-9)
    spread = max(1.0, float(((sold - expected) ** 2).sum() / max(float(expected.sum()), 1e-9)))
    result = np.zeros(sold.size, dtype=np.bool_)
    edges = np.flatnonzero(np.diff(np.r_[False, sold == 0, False]))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        lately = sold.size - SHUT_LATELY < end < sold.size
        if lately and end - first >= SHUT_DAYS and expected[first:end].sum() > RARE * spread:
            result[first:end] = True
    return result
