"""Pareto/NBD by quadrature: customers leave at any moment, also long after their last purchase.

Schmittlein, Morrison & Colombo (1987), Management Science 33(1); Fader & Hardie (2005), "A Note on Deriving the
Pareto/NBD Model and Related Expressions" (FH), whose equations are given.

A customer buys at rate lambda ~ Gamma(r, alpha) and leaves at rate mu ~ Gamma(s, beta). Integrating lambda and mu out
first leaves one smooth integral over the moment y of leaving,

    L(x, tx, T) = G * [ (alpha+T)^-(r+x) (beta+T)^-s + s * integral over y from tx to T of
                        (alpha+y)^-(r+x) (beta+y)^-(s+1) ],   G = Gamma(r+x)/Gamma(r) alpha^r beta^s

whose terms are all positive. The published difference of two 2F1 is the same number, but cancels for large x, has no
cheap gradient, and costs many times more.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, gammaln, logsumexp, psi  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.buying.histories import LONGEST_LOG_WAIT, Histories, by_frequency, by_frequency_and_age

NEGLIGIBLE = 45.0
"""An integrand that has fallen by e^-45 adds nothing to a double."""
EASY_FALL = 12.0
WAIT_GRID = 1 - np.linspace(1, 0, 97)[:-1] ** 2


@cache
def _gauss(nodes: int) -> tuple[Floats, Floats]:
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, weights / 2


EASY, HARD = _gauss(16), _gauss(40)
"""Both exact to 1e-12: the short rule for integrands that fall by less than e^-EASY_FALL, the long one for any."""


@dataclass(frozen=True)
class Pareto:
    """The formulas for given parameters; `alpha` and `beta` are in the unit of the histories."""

    r: float
    alpha: float
    s: float
    beta: float

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log-likelihood of each history (FH eq. 18)."""
        return self._parts(histories)[0]

    def log_likelihood_gradient(self, histories: Histories) -> tuple[Floats, Floats]:
        """Log-likelihood of each history, and its derivatives by (r, alpha, s, beta) as rows."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        value, alive, means = self._parts(histories, gradient=True)
        gone = 1 - alive
        shape = r + histories.frequency
        digamma = by_frequency(histories.frequency, lambda x: (psi(r + x) - psi(r))[None])[0]
        by_r = digamma + np.log(alpha) - alive * np.log(alpha + histories.T) - gone * means[0]
        by_alpha = r / alpha - shape * (alive / (alpha + histories.T) + gone * means[1])
        by_s = np.log(beta) - alive * np.log(beta + histories.T) + gone * (1 / s - means[2])
        by_beta = s / beta - s * alive / (beta + histories.T) - (s + 1) * gone * means[3]
        return value, np.stack((by_r, by_alpha, by_s, by_beta))

    def p_alive(self, histories: Histories) -> Floats:
        """P(still a customer | history) (FH eq. 36 and 37)."""
        return self._parts(histories)[1]

    def expected(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history] (FH eq. 41)."""
        return self.expected_if_alive(histories, t) * self.p_alive(histories)

    def expected_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history, alive now], in closed form."""
        log_growth = np.log1p(t / (self.beta + histories.T))
        lived = -np.expm1((1 - self.s) * log_growth) / (self.s - 1) if self.s != 1 else log_growth
        rate: Floats = (self.r + histories.frequency) * (self.beta + histories.T) / (self.alpha + histories.T)
        return rate * lived

    def factorial_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[n (n - 1) | history, alive now] of the purchases n in the next t: E[rate^2] times that at rate 1."""
        nodes, weights = HARD
        shape, total = self.r + histories.frequency, np.zeros_like(histories.T)
        for node, weight in zip(nodes, weights, strict=True):
            total += weight * node * np.exp(-self.s * np.log1p(node * t / (self.beta + histories.T)))
        moment: Floats = shape * (shape + 1) / (self.alpha + histories.T) ** 2 * 2 * t**2 * total
        return moment

    def log_probability(self, histories: Histories, t: float, n: Ints) -> Floats:
        """Log P(exactly n purchases in the next t | history) (Fader & Hardie 2014, note 028, eq. 16).

        For n > 0 the customer bought n times and stayed for all of t, or bought n times and left at some y in it.
        """
        nodes, weights = _gauss(int(np.clip(n.max(initial=0) / 2 + 48, 48, 512)))
        now = self.log_likelihood(histories)
        none = self.log_likelihood(histories.later(t)) - now
        some = np.empty_like(now)
        for rows in histories.blocks():
            some[rows] = self._log_joint(histories[rows], t, np.maximum(n[rows], 1), nodes, weights)
        return np.minimum(np.where(n == 0, none, some - now), 0.0)

    def wait(self, histories: Histories, q: float) -> Floats:
        """Quantile of the time to the next purchase if alive and one comes before the customer leaves."""
        return by_frequency_and_age(histories, lambda x, age: self._wait(x, age, q))

    def _wait(self, x: Floats, age: Floats, q: float) -> Floats:
        shape = (self.r + x)[:, None]
        log_wait = np.minimum(-np.log1p(-WAIT_GRID) / shape, LONGEST_LOG_WAIT)
        wait = (self.alpha + age)[:, None] * np.expm1(log_wait)
        stays = (1 + wait / (self.beta + age)[:, None]) ** -self.s
        steps = (stays[:, 1:] + stays[:, :-1]) / 2 * np.diff(WAIT_GRID)
        reached = np.cumsum(steps, axis=1)
        last = stays[:, -1] * (1 - WAIT_GRID[-1]) / 2
        aim = q * (reached[:, -1] + last)
        after = np.minimum((reached < aim[:, None]).sum(axis=1), steps.shape[1] - 1)
        row = np.arange(x.size)
        part = np.clip((aim - reached[row, after] + steps[row, after]) / steps[row, after], 0, 1)
        at = WAIT_GRID[after] + part * np.diff(WAIT_GRID)[after]
        growth: Floats = np.expm1(np.minimum(-np.log1p(-at) / (self.r + x), LONGEST_LOG_WAIT))
        return (self.alpha + age) * growth

    def _log_joint(self, histories: Histories, t: float, n: Ints, nodes: Floats, weights: Floats) -> Floats:
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        smaller = min(alpha, beta) + histories.T
        span = np.log1p(t / smaller)
        y = smaller[:, None] * np.expm1(span[:, None] * nodes)
        shape = (r + histories.frequency + n)[:, None]
        age = histories.T[:, None]
        log_integrand = (
            n[:, None] * np.log(y)
            - shape * np.log(alpha + age + y)
            - (s + 1) * np.log(beta + age + y)
            + np.log(smaller[:, None] + y)
        )
        left = np.log(s) + np.log(span) + logsumexp(log_integrand, axis=1, b=weights)
        stayed = n * np.log(t) - shape[:, 0] * np.log(alpha + histories.T + t) - s * np.log(beta + histories.T + t)
        constant = gammaln(shape[:, 0]) - gammaln(r) - gammaln(n + 1) + r * np.log(alpha) + s * np.log(beta)
        joint: Floats = constant + np.logaddexp(stayed, left)
        return joint

    def _parts(self, histories: Histories, *, gradient: bool = False) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood, P(alive), and over the moment of leaving the means of what the gradient needs."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        log_left = np.empty_like(histories.T)
        means = np.empty((4, histories.T.size if gradient else 0))
        for rows in histories.blocks():
            log_left[rows], block = self._log_left(histories[rows], gradient=gradient)
            if gradient:
                means[:, rows] = block
        log_alive = -(r + histories.frequency) * np.log(alpha + histories.T) - s * np.log(beta + histories.T)
        constant = by_frequency(histories.frequency, lambda x: (gammaln(r + x) - gammaln(r))[None])[0]
        value = constant + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(log_alive, log_left)
        return value, expit(log_alive - log_left), means

    def _log_left(self, histories: Histories, *, gradient: bool) -> tuple[Floats, Floats]:
        """Log of s times the integral over the moment of leaving, on y + min(alpha, beta) = (tx + min) * e^v."""
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        shape = r + histories.frequency
        if alpha < beta:
            near, far, near_power, far_power = alpha, beta, shape - 1, np.full_like(shape, s + 1)
        else:
            near, far, near_power, far_power = beta, alpha, np.full_like(shape, s), shape
        start = near + histories.recency
        fall = near_power + far_power * start / (far + histories.recency)
        span = np.log((near + histories.T) / start)
        span = np.minimum(span, NEGLIGIBLE / np.maximum(fall, NEGLIGIBLE / np.maximum(span, 1e-300)))
        nodes, weights = EASY if (span * (1 + np.maximum(fall, 0))).max(initial=0) < EASY_FALL else HARD
        v = span[:, None] * nodes
        growth = np.exp(v)
        far_y = start[:, None] * growth + (far - near)
        log_far = np.log(far_y)
        log_start = np.log(far + histories.recency)
        mass = np.exp(far_power[:, None] * (log_start[:, None] - log_far) - near_power[:, None] * v)
        total = mass @ weights
        with np.errstate(divide="ignore"):
            value = np.log(s) + np.log(span) + np.log(total) - near_power * np.log(start) - far_power * log_start
        if not gradient:
            return value, np.empty(0)
        mass *= weights / total[:, None]
        near_means = (span * (mass @ nodes) + np.log(start), (mass / growth).sum(axis=1) / start)
        far_means = ((mass * log_far).sum(axis=1), (mass / far_y).sum(axis=1))
        first, second = (near_means, far_means) if alpha < beta else (far_means, near_means)
        return value, np.stack((*first, *second))
