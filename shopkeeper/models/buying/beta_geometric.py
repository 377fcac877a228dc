"""BG/NBD and Modified BG/NBD in closed form: customers drop out right after a purchase.

Fader, Hardie & Lee (2005), Marketing Science 24(2) (FHL); Batislam, Denizel & Filiztekin (2007), IJRM 24(3); Wagner &
Hoppe (2008), IJRM 25(3) (WH).

A customer buys at rate lambda ~ Gamma(r, alpha) and after each purchase leaves with p ~ Beta(a, b); in the modified
model the first purchase counts as such a moment too. So both are one set of formulas, in which `chances` = x + shift is
how often the customer could have left and did not: shift 0 for BG/NBD, 1 for MBG/NBD; x is the frequency.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betainc, betaincinv, betaln, expit, gammaln, hyp2f1, psi  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.buying.histories import LONGEST_LOG_WAIT, Histories, by_frequency, by_frequency_and_age

SINGULAR = 1e-6
"""The formula for the expectation divides by a - 1 and by a + b - 1, which cancel; this near, it is taken beside."""
CHANCES = 48


@dataclass(frozen=True)
class BetaGeometric:
    """The formulas for given parameters; `alpha` is in the unit of the histories."""

    r: float
    alpha: float
    a: float
    b: float
    shift: Literal[0, 1]

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log-likelihood of each history (FHL eq. 6; WH app. A, eq. 5)."""
        return self._parts(histories)[0]

    def log_likelihood_gradient(self, histories: Histories) -> tuple[Floats, Floats]:
        """Log-likelihood of each history, and its derivatives by (r, alpha, a, b) as rows."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        value, alive = self._parts(histories)
        gone = 1 - alive
        rate_shape = r + histories.frequency
        later, last = alpha + histories.T, alpha + histories.recency
        in_frequency = by_frequency(
            histories.frequency,
            lambda x: np.stack(
                (
                    psi(r + x) - psi(r),
                    psi(a + b) - psi(a + b + x + self.shift),
                    psi(b + x + self.shift) - psi(a + b + x + self.shift) - psi(b) + psi(a + b),
                )
            ),
        )
        by_r = in_frequency[0] + np.log(alpha) - alive * np.log(later) - gone * np.log(last)
        by_alpha = r / alpha - rate_shape * (alive / later + gone / last)
        by_a = in_frequency[1] + gone / a
        by_b = in_frequency[2] - gone / self._chances_before_last(histories.frequency)
        return value, np.stack((by_r, by_alpha, by_a, by_b))

    def p_alive(self, histories: Histories) -> Floats:
        """P(still a customer | history), 1 for every one-time buyer under BG/NBD (Fader & Hardie 2008, note 021)."""
        return self._parts(histories)[1]

    def expected(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history] (FHL eq. 10)."""
        return self.expected_if_alive(histories, t) * self.p_alive(histories)

    def expected_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history, alive now]: the papers' formula after Euler's transformation of 2F1.

        The transformed series has small parameters, so that thousands of purchases do not overflow.
        """
        a = self.a if abs(self.a - 1) > SINGULAR else 1 + SINGULAR
        b = self.b if abs(a + self.b - 1) > SINGULAR else self.b + 2 * SINGULAR

        def if_alive(x: Floats, age: Floats) -> Floats:
            z = t / (self.alpha + age + t)
            c = a + b + x + self.shift - 1
            series: Floats = hyp2f1(a + b + self.shift - 1 - self.r, a - 1, c, z)
            with np.errstate(over="ignore", invalid="ignore"):
                value = c / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
            at_most = (self.r + x) * t / (self.alpha + age)
            overflowed = ~(np.isfinite(value) & (value >= 0) & (value <= at_most))
            value[overflowed] = self._expected_by_quadrature(x[overflowed], age[overflowed], t)
            return value

        return by_frequency_and_age(histories, if_alive)

    def factorial_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[n (n - 1) | history, alive now] of the purchases n in the next t.

        For a chance p of leaving it is 2 (1 - p) / p^2 times the probability that a customer who never leaves, and buys
        p times as often, buys twice; taken at the middle of each of CHANCES equal parts of the distribution of p.
        """
        middles = (np.arange(CHANCES) + 0.5) / CHANCES

        def if_alive(x: Floats, age: Floats) -> Floats:
            total, counts = np.zeros_like(x), x.astype(np.intp)
            possible = np.arange(counts.max(initial=0) + 1, dtype=np.float64)
            for middle in middles:
                p = np.maximum(betaincinv(self.a, self.b + self.shift + possible, middle), 1e-12)[counts]
                total += (1 - p) / p**2 * betainc(2, self.r + x, p * t / (self.alpha + age + p * t))
            moment: Floats = 2 * total / CHANCES
            return moment

        return by_frequency_and_age(histories, if_alive)

    def log_probability(self, histories: Histories, t: float, n: Ints) -> Floats:
        """Log P(exactly n purchases in the next t | history).

        For n > 0 the customer was alive and either bought n times and stayed, or left with the n-th purchase.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        bought = np.maximum(n, 1)
        chances = histories.frequency + self.shift
        z = t / (alpha + histories.T + t)
        stayed = (
            betaln(a, b + chances + bought)
            + gammaln(r + histories.frequency + bought)
            - gammaln(bought + 1)
            + bought * np.log(t)
            - (r + histories.frequency + bought) * np.log(alpha + histories.T + t)
        )
        with np.errstate(divide="ignore"):
            in_time = np.log(betainc(bought, r + histories.frequency, z))
        left = (
            betaln(a + 1, b + chances + bought - 1)
            + gammaln(r + histories.frequency)
            - (r + histories.frequency) * np.log(alpha + histories.T)
            + in_time
        )
        now = self.log_likelihood(histories)
        some = np.logaddexp(stayed, left) - betaln(a, b) - gammaln(r) + r * np.log(alpha) - now
        none = self.log_likelihood(histories.later(t)) - now
        return np.minimum(np.where(n == 0, none, some), 0.0)

    def wait(self, histories: Histories, q: float) -> Floats:
        """Quantile of the time to the next purchase if alive: nobody leaves in between."""
        log_wait = np.minimum(-np.log1p(-q) / (self.r + histories.frequency), LONGEST_LOG_WAIT)
        wait: Floats = (self.alpha + histories.T) * np.expm1(log_wait)
        return wait

    def _expected_by_quadrature(self, x: Floats, age: Floats, t: float) -> Floats:
        """The same, where SciPy's 2F1 overflows: E over p ~ Beta of (1 - (1 + p t / (alpha + T))^-(r+x)) / p.

        By the trapezoid rule in the logit of p, on which the integrand is smooth and dies off on both sides.
        """
        stays = (self.b + self.shift + x)[:, None]
        width = 12 / np.sqrt(np.minimum(self.a, stays))
        middle = np.log(self.a / stays)
        first = np.maximum(middle - 40 / self.a - width, -600.0)
        logit = first + np.linspace(0, 1, 2400) * (middle + 40 / stays + width + 4 - first)
        log_mass = -self.a * np.logaddexp(0, -logit) - stays * np.logaddexp(0, logit)
        mass = np.exp(log_mass - log_mass.max(axis=1, keepdims=True))
        p = expit(logit)
        bought = -np.expm1(-(self.r + x)[:, None] * np.log1p(p * t / (self.alpha + age)[:, None])) / p
        expected: Floats = (mass * bought).sum(axis=1) / mass.sum(axis=1)
        return expected

    def _parts(self, histories: Histories) -> tuple[Floats, Floats]:
        """Log-likelihood and P(alive): a history ends in somebody alive and silent, or gone since the last purchase."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        log_odds_gone = np.log(a / self._chances_before_last(histories.frequency))
        log_odds_gone += (r + histories.frequency) * (np.log(alpha + histories.T) - np.log(alpha + histories.recency))
        if not self.shift:
            log_odds_gone = np.where(histories.frequency > 0, log_odds_gone, -np.inf)
        constant = by_frequency(
            histories.frequency,
            lambda x: np.stack((gammaln(r + x) - gammaln(r) + betaln(a, b + x + self.shift) - betaln(a, b),)),
        )[0]
        value = (
            constant
            + r * np.log(alpha)
            - (r + histories.frequency) * np.log(alpha + histories.T)
            + np.logaddexp(0.0, log_odds_gone)
        )
        return value, expit(-log_odds_gone)

    def _chances_before_last(self, x: Floats) -> Floats:
        return self.b + np.maximum(x + self.shift, 1) - 1
