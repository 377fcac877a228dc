"""The one place that touches `lifetimes`: its fitters, on numpy arrays, with their prints and warnings kept inside.

Importing the library takes two seconds (pandas, autograd), so it is imported by the call. Nothing here runs while a
page is drawn.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator

import numpy as np

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.histories import Histories


class NotConverged(ValueError):  # noqa: N818
    """The library's optimiser gave up."""


def fit_beta_geometric(histories: Histories, weights: Floats, *, modified: bool) -> Floats:
    """Parameters (r, alpha, a, b) of BG/NBD or MBG/NBD; raise `NotConverged`."""
    with _quarantine():
        from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter  # noqa: PLC0415

        fitter = ModifiedBetaGeoFitter() if modified else BetaGeoFitter()
        fitter.fit(histories.frequency, histories.recency, histories.T, weights=weights)
        return _usable(fitter.params_)


def fit_pareto(histories: Histories, weights: Floats) -> Floats:
    """Parameters (r, alpha, s, beta) of Pareto/NBD, from a fixed start; raise `NotConverged`."""
    with _quarantine():
        from lifetimes import ParetoNBDFitter  # noqa: PLC0415

        fitter = ParetoNBDFitter()
        fitter.fit(
            histories.frequency, histories.recency, histories.T, weights=weights, initial_params=np.ones(4), tol=1e-2
        )
        return _usable(fitter.params_)


def fit_gamma_gamma(
    frequency: Floats, monetary_value: Floats, weights: Floats, start: Floats
) -> tuple[Floats, float, Floats]:
    """Parameters (p, q, v), the mean negative log-likelihood there, and its Hessian by their logarithms.

    Raise `NotConverged`.
    """
    with _quarantine():
        from lifetimes import GammaGammaFitter  # noqa: PLC0415

        fitter = GammaGammaFitter()
        fitter.fit(frequency, monetary_value, weights=weights, initial_params=np.log(start))
        loss = float(fitter._negative_log_likelihood_)
        return _usable(fitter.params_), loss, np.asarray(fitter._hessian_)


def _usable(parameters: object) -> Floats:
    values = np.array(parameters, dtype=np.float64)
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise NotConverged
    return values


@contextlib.contextmanager
def _quarantine() -> Iterator[None]:
    """Nothing of the library spills: it prints on failure, overflows on the way, and silences others' warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from lifetimes.utils import ConvergenceError  # noqa: PLC0415

        try:
            yield
        except (ConvergenceError, np.linalg.LinAlgError, ValueError) as error:
            raise NotConverged from error
