"""What a fitted model says of each distinct history. Frames in, frames out; rows keep their order and other columns."""

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Floats
from shopkeeper.models.buying.histories import Histories
from shopkeeper.models.buying.model import BuyingModel

NEW_CUSTOMER = Histories(np.zeros(1), np.zeros(1), np.zeros(1))


def score(model: BuyingModel, tuples: pl.DataFrame, horizon: float) -> pl.DataFrame:
    """Add `p_alive, p_no_purchase, expected_purchases` (FLOAT) for the next `horizon` units of the model.

    In each of the three models the likelihood L(x, tx, T) of a history is the density of its purchases followed by
    silence from tx to T. Silence until T + H after the same purchases has the density L(x, tx, T + H), so

        P(no purchase in the next H | history) = L(x, tx, T + H) / L(x, tx, T),

    whether the customer has left or merely waits. Under BG/NBD a one-time buyer is alive for certain (p_alive = 1)
    and may well not come.
    """
    _check_time(horizon)
    histories, formulas = Histories.of(tuples), model.formulas
    log_no_purchase = formulas.log_likelihood(histories.later(horizon)) - formulas.log_likelihood(histories)
    return tuples.with_columns(
        p_alive=_series(formulas.p_alive(histories)),
        p_no_purchase=_series(np.exp(np.minimum(log_no_purchase, 0.0))),
        expected_purchases=_series(formulas.expected(histories, horizon)),
    )


def expected_purchases_between(model: BuyingModel, tuples: pl.DataFrame, start: float, end: float) -> pl.Series:
    """Expected purchases between `start` and `end` units from as-of, given each history."""
    _check_time(start)
    _check_time(end - start)
    histories, formulas = Histories.of(tuples), model.formulas
    before = formulas.expected(histories, start) if start > 0 else 0.0
    return _series(np.maximum(formulas.expected(histories, end) - before, 0.0))


def factorial_moment(model: BuyingModel, tuples: pl.DataFrame, horizon: float) -> pl.Series:
    """E[n (n - 1) | history] of the purchases n in the next `horizon` units.

    With the expectation m it gives their variance: this + m - m^2.
    """
    _check_time(horizon)
    histories, formulas = Histories.of(tuples), model.formulas
    return _series(formulas.factorial_if_alive(histories, horizon) * formulas.p_alive(histories))


def expected_new_customer(model: BuyingModel, t: float) -> float:
    """Expected repeat purchases of a customer in the first `t` units after the first purchase."""
    _check_time(t)
    return float(model.formulas.expected(NEW_CUSTOMER, t)[0])


def probability_of_n(model: BuyingModel, T: float, n: int) -> float:  # noqa: N803
    """P(a new customer makes exactly n repeat purchases in the first T units)."""
    _check_time(T)
    if T == 0:
        return float(n == 0)
    return float(np.exp(model.formulas.log_probability(NEW_CUSTOMER, T, np.array([n])))[0])


def holdout_log_likelihood(model: BuyingModel, tuples: pl.DataFrame, horizon: float) -> float:
    """Sum over customers of log P(holdout count | history); `tuples` also carry `holdout` INT, counted in `horizon`.

    The probabilities integrate the posterior of rate and dropout exactly: in closed form for BG/NBD and MBG/NBD, by
    Gauss quadrature over the moment of leaving for Pareto/NBD.
    """
    each = _log_probability(model, tuples, horizon, tuples["holdout"])
    return float(each @ tuples["customers"].cast(pl.Float64).to_numpy())


def next_purchase_quantile(model: BuyingModel, tuples: pl.DataFrame, q: float = 0.5) -> pl.Series:
    """Units from as-of until the next purchase, q-quantile, given that the customer is alive and one comes.

    A history that has been silent for long gives a long wait: the reader decides where a date stops making sense.
    """
    if not 0 < q < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    return _series(model.formulas.wait(Histories.of(tuples), q))


def _log_probability(model: BuyingModel, tuples: pl.DataFrame, horizon: float, n: pl.Series) -> Floats:
    if not horizon > 0:
        raise ValueError(f"a horizon is longer than {horizon}")
    return model.formulas.log_probability(Histories.of(tuples), horizon, n.cast(pl.Int64).to_numpy())


def _check_time(t: float) -> None:
    if not 0 <= t < float("inf"):
        raise ValueError(f"time runs forward from 0, not to {t}")


def _series(values: Floats) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64)
