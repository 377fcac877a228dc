"""NBD: customers buy at rates of their own and never leave; what a model with dropout has to be better than.

Ehrenberg (1959), Applied Statistics 8(1). A customer buys at rate lambda ~ Gamma(r, alpha), which after x purchases in
T is Gamma(r + x, alpha + T): when they were made does not matter, only how many.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Floats, Ints
from shopkeeper.models.buying.histories import LONGEST_LOG_WAIT, Histories, by_frequency


@dataclass(frozen=True)
class NegativeBinomial:
    """The formulas for given parameters; `alpha` is in the unit of the histories."""

    r: float
    alpha: float

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log-likelihood of each history: the density of its purchases and of the silence that followed."""
        r, alpha = self.r, self.alpha
        constant = by_frequency(histories.frequency, lambda x: (gammaln(r + x) - gammaln(r))[None])[0]
        value: Floats = constant + r * np.log(alpha) - (r + histories.frequency) * np.log(alpha + histories.T)
        return value

    def log_likelihood_gradient(self, histories: Histories) -> tuple[Floats, Floats]:
        """Log-likelihood of each history, and its derivatives by (r, alpha) as rows."""
        r, alpha = self.r, self.alpha
        digamma = by_frequency(histories.frequency, lambda x: (psi(r + x) - psi(r))[None])[0]
        by_r = digamma + np.log(alpha) - np.log(alpha + histories.T)
        by_alpha = r / alpha - (r + histories.frequency) / (alpha + histories.T)
        return self.log_likelihood(histories), np.stack((by_r, by_alpha))

    def p_alive(self, histories: Histories) -> Floats:
        """1: nobody leaves."""
        return np.ones_like(histories.T)

    def expected(self, histories: Histories, t: float) -> Floats:
        """E[purchases in the next t | history]."""
        return self.expected_if_alive(histories, t)

    def expected_if_alive(self, histories: Histories, t: float) -> Floats:
        """The same: everybody is alive."""
        expected: Floats = (self.r + histories.frequency) * t / (self.alpha + histories.T)
        return expected

    def factorial_if_alive(self, histories: Histories, t: float) -> Floats:
        """E[n (n - 1) | history] of the purchases n in the next t."""
        shape = self.r + histories.frequency
        moment: Floats = shape * (shape + 1) * (t / (self.alpha + histories.T)) ** 2
        return moment

    def log_probability(self, histories: Histories, t: float, n: Ints) -> Floats:
        """Log P(exactly n purchases in the next t | history): negative binomial."""
        shape, later = self.r + histories.frequency, self.alpha + histories.T + t
        value: Floats = (
            gammaln(shape + n)
            - gammaln(shape)
            - gammaln(n + 1.0)
            + shape * (np.log(later - t) - np.log(later))
            + n * (np.log(t) - np.log(later))
        )
        return np.minimum(value, 0.0)

    def wait(self, histories: Histories, q: float) -> Floats:
        """Quantile of the time to the next purchase."""
        log_wait = np.minimum(-np.log1p(-q) / (self.r + histories.frequency), LONGEST_LOG_WAIT)
        wait: Floats = (self.alpha + histories.T) * np.expm1(log_wait)
        return wait
