"""MBG/CNBD-k: regular buyers, who are late sooner than buyers by chance, in closed form.

Platzer & Reutterer (2016), "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity",
Marketing Science 35(5) (PR). Times between purchases are Erlang-k with rate lambda ~ Gamma(r, alpha): a customer passes
k stages, each exponential, from one purchase to the next. After each purchase, the first included, the customer leaves
with p ~ Beta(a, b). With k = 1 it is MBG/NBD.

What is said of the time ahead is exact, by the stages. A customer who is alive has passed j of the k since the last
purchase, with probability w_j in proportion to

    (r + k x)_j / j! * ((T - tx) / (alpha + T))^j,      (s)_j = s (s + 1) ... (s + j - 1),

and then lambda ~ Gamma(r + k x + j, alpha + T). The n-th purchase in the next t takes n k - j stages more, and n - 1
purchases after which the customer stayed:

    P(N >= n | alive) = E[(1 - p)^(n-1)] * sum over j of w_j I(n k - j, r + k x + j),

I the regularized incomplete beta function at t / (alpha + T + t). (PR approximate this expectation by that of BG/NBD.)
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, betaln, expit, gammaln, psi  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.buying.histories import Histories, by_frequency

FEWEST_NODES, MOST_NODES = 8, 32
"""Ages at which moments are summed, for each frequency; between them they are interpolated, to eight digits."""
NODES_BY_RANGE = 5
"""More of these for each factor of e between the youngest and the oldest customer."""
NEGLIGIBLE = 1e-9
FINE = 300
MOST_PURCHASES = 1e9
WAIT_STEPS = 192


def _chebyshev(nodes: int) -> tuple[Floats, Floats]:
    """Chebyshev's points of the second kind on [-1, 1], and their barycentric weights."""
    turn = np.arange(nodes)
    weights = np.where(turn % 2 == 0, 1.0, -1.0)
    weights[[0, -1]] /= 2
    points: Floats = np.cos(np.pi * turn / (nodes - 1))
    return points, weights


@dataclass(frozen=True)
class RegularBetaGeometric:
    """The formulas for given parameters and regularity `k`; `alpha` is in the unit of the histories."""

    k: int
    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log-likelihood of each history (PR, app. A), less (k - 1) times the sum of its log inter-purchase times.

        That sum depends on no parameter but k; see `times_likelihood`.
        """
        return self._parts(histories)[0]

    def times_likelihood(self, log_times: float) -> float:
        """What customers' inter-purchase times, whose logarithms sum to `log_times`, add to the log-likelihood."""
        return (self.k - 1) * log_times

    def log_likelihood_gradient(self, histories: Histories) -> tuple[Floats, Floats]:
        """Log-likelihood of each history, and its derivatives by (r, alpha, a, b) as rows."""
        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        value, alive, odds = self._parts(histories)
        gone = 1 - alive
        shape = r + k * histories.frequency
        later, last = alpha + histories.T, alpha + histories.recency
        in_frequency = by_frequency(
            histories.frequency,
            lambda x: np.stack(
                (
                    psi(r + k * x) - psi(r),
                    psi(a + b) - psi(a + b + x + 1),
                    psi(b + x + 1) - psi(a + b + x + 1) - psi(b) + psi(a + b),
                )
            ),
        )
        stages = np.arange(k)[:, None]
        harmonic = np.cumsum(np.concatenate((np.zeros((1, shape.size)), 1 / (shape + stages[:-1]))), axis=0)
        by_shape, passed = (odds * harmonic).sum(axis=0), (odds * stages).sum(axis=0)
        by_r = in_frequency[0] + np.log(alpha) + alive * (by_shape - np.log(later)) - gone * np.log(last)
        by_alpha = r / alpha - alive * (shape + passed) / later - gone * shape / last
        by_a = in_frequency[1] + gone / a
        by_b = in_frequency[2] - gone / (b + histories.frequency)
        return value, np.stack((by_r, by_alpha, by_a, by_b))

    def p_alive(self, histories: Histories) -> Floats:
        """P(still a customer | history) (PR eq. 5)."""
        return self._parts(histories)[1]

    def expected(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history]."""
        return self.expected_if_alive(histories, t) * self.p_alive(histories)

    def expected_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history, alive now]: the sum of P(N >= n) over n."""
        return self._if_alive(histories, t, 0)

    def factorial_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[n (n - 1) | history, alive now] of the purchases n in the next t: the sum of 2 (n - 1) P(N >= n)."""
        return self._if_alive(histories, t, 1)

    def log_probability(self, histories: Histories, t: float, n: Ints) -> Floats:
        """Log P(exactly n purchases in the next t | history).

        For n > 0 the customer was alive, and bought n times exactly, or more would have come but for leaving at the
        n-th.
        """
        now, alive, odds = self._parts(histories)
        none = self.log_likelihood(histories.later(t)) - now
        bought, x = np.maximum(n, 1).astype(np.float64), histories.frequency
        stays = self.b + 1 + x
        z = t / (self.alpha + histories.T + t)
        stages = np.arange(self.k)[:, None]
        shape = self.r + self.k * x + stages
        reached, passed = (betainc(self.k * (bought + more) - stages, shape, z) for more in (0, 1))
        exactly = (odds * np.maximum(reached - passed, 0.0)).sum(axis=0)
        more = (odds * passed).sum(axis=0)
        log_stayed = betaln(self.a, stays + bought - 1) - betaln(self.a, stays)
        leaves = self.a / (self.a + stays + bought - 1)
        with np.errstate(divide="ignore"):
            some = np.log(alive) + log_stayed + np.log(exactly + leaves * more)
        return np.minimum(np.where(n == 0, none, some), 0.0)

    def wait(self, histories: Histories, q: float) -> Floats:
        """Quantile of the time to the next purchase if alive: the stages that are left, at the rate that is likely."""
        odds = self._parts(histories)[2]
        x, row = np.unique(histories.frequency, return_inverse=True)
        shape = self.r + self.k * x
        first, last = betaincinv(1, shape + self.k - 1, 1e-6), betaincinv(self.k, shape, 1 - 1e-9)
        steps = np.linspace(0, 1, WAIT_STEPS)
        z = np.exp(np.log(first)[:, None] * (1 - steps) + np.log(last)[:, None] * steps)
        stages = np.arange(self.k)
        come = betainc(self.k - stages[:, None, None], shape[:, None] + stages[:, None, None], z)
        wait = np.empty_like(histories.T)
        for rows in histories.blocks():
            share = np.einsum("jn,jns->ns", odds[:, rows], come[:, row[rows]])
            after = np.clip((share < q).sum(axis=1), 1, WAIT_STEPS - 1)
            at = np.arange(after.size)
            left, right = share[at, after - 1], share[at, after]
            part = np.clip((q - left) / np.maximum(right - left, 1e-300), 0, 1)
            grid = np.log(z[row[rows]])
            reached = np.exp(grid[at, after - 1] * (1 - part) + grid[at, after] * part)
            wait[rows] = (self.alpha + histories.T[rows]) * reached / np.maximum(1 - reached, 1e-12)
        return wait

    def _parts(self, histories: Histories) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood, P(alive), and by stages passed since the last purchase their odds among the alive."""
        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        x = histories.frequency
        shape = r + k * x
        passed = np.empty((k, x.size))
        passed[0] = 1.0
        silent = (histories.T - histories.recency) / (alpha + histories.T)
        for j in range(1, k):
            passed[j] = passed[j - 1] * (shape + j - 1) / j * silent
        total = passed.sum(axis=0)
        constant = by_frequency(
            x,
            lambda x: (gammaln(r + k * x) - gammaln(r) + betaln(a, b + x + 1) - betaln(a, b) - x * gammaln(float(k)))[
                None
            ],
        )[0]
        log_gone = np.log(a / (b + x)) + shape * (np.log(alpha + histories.T) - np.log(alpha + histories.recency))
        log_alive = np.log(total)
        value = constant + r * np.log(alpha) - shape * np.log(alpha + histories.T) + np.logaddexp(log_alive, log_gone)
        return value, expit(log_alive - log_gone), passed / total

    def _if_alive(self, histories: Histories, t: float, moment: int) -> Floats:
        """E[N | alive] (moment 0) or E[N (N - 1) | alive] (1), interpolated over log(alpha + T) for each frequency."""
        x, x_row = np.unique(histories.frequency, return_inverse=True)
        ages, age_row = np.unique(histories.T, return_inverse=True)
        if not x.size:
            return np.empty(0)
        low, high = np.log(self.alpha + ages[0]), np.log(self.alpha + ages[-1])
        points, weights = _chebyshev(min(FEWEST_NODES + int(NODES_BY_RANGE * (high - low)), MOST_NODES))
        if high - low < 1e-9:
            values, share = self._summed(x, np.exp([low]), t, moment), np.ones((ages.size, 1))
        else:
            values = self._summed(x, np.exp(low + (high - low) * (points + 1) / 2), t, moment)
            distance = (2 * (np.log(self.alpha + ages) - low) / (high - low) - 1)[:, None] - points
            distance = np.where(np.abs(distance) < 1e-13, 1e-13, distance)
            share = weights / distance
            share /= share.sum(axis=1, keepdims=True)
        odds, result = self._parts(histories)[2], np.empty_like(histories.T)
        for rows in histories.blocks():
            result[rows] = np.einsum("jn,jnm,nm->n", odds[:, rows], values[:, x_row[rows]], share[age_row[rows]])
        return np.maximum(result, 0.0)

    def _summed(self, x: Floats, later: Floats, t: float, moment: int) -> Floats:
        """By stage j, frequency and alpha + T: the sum over n of P(N >= n | j), or of 2 (n - 1) times it.

        Beyond FINE purchases the sum is taken in steps, each by its middle.
        """
        k, stays = self.k, self.b + 1 + x
        stages = np.arange(k)[:, None, None]
        shape = self.r + k * x[:, None] + stages
        z = t / (later + t)
        total, rows, first = np.zeros((k, x.size, later.size)), np.arange(x.size), 1
        while rows.size and first < MOST_PURCHASES:
            step = max(1, first // FINE)
            n = first + (step - 1) / 2
            stayed = np.exp(betaln(self.a, stays[rows] + n - 1) - betaln(self.a, stays[rows]))
            part = betainc(n * k - stages, shape[:, rows], z) * stayed[:, None]
            part *= step if moment == 0 else 2.0 * (n - 1) * step
            total[:, rows] += part
            if n > 2:
                rows = rows[(part > NEGLIGIBLE * total[:, rows]).any(axis=(0, 2))]
            first += step
        return total
