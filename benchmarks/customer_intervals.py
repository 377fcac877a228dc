"""How far predictions of customers hold on the full CDNOW log: `python -m benchmarks.customer_intervals`.

From each cutoff, only what was known by then: the model is fitted on it, and recalibrated by what it would have said
every 30 days before and what came. Sums of segments that are drawn at random, and of such that are alike in their
predicted value, over 91 and 182 days; tenths of customers by risk over 30, 60, 90 and 180. The interval score is that
of Gneiting & Raftery (2007), J. American Statistical Association 102, eq. 43: small is good. Plain rates are those of
customers alike in the days before the cutoff, where these are known, with the chance that their spread implies.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.models.buying.calibration import HISTORY
from shopkeeper.models.buying.model import BuyingModel, NotFitted, ParametricKind, fit
from shopkeeper.models.buying.out_of_time import Miss
from shopkeeper.models.buying.recalibration import CutoffTest, HorizonRecalibration, cutoff_test, recalibrate
from shopkeeper.models.buying.scoring import factorial_moment, score
from shopkeeper.models.buying.spend import SpendModel, expected_average, fit_spend
from shopkeeper.models.buying.sums import out_of_time
from shopkeeper.models.buying.value import segment_values, sum_interval, value_variance
from shopkeeper.models.intervals import NORMAL_QUANTILE_975

REAL = Path(os.environ.get("SHOPKEEPER_REAL_DATA", ""))
RISK_DAYS = (30, 60, 90, 180)
SUM_DAYS = (91, 182)
SIZES = (50, 500)
STEP, SHORTEST_HISTORY = 30, 90
FIRST_CUTOFF, LAST_DAY = date(1997, 9, 30), date(1998, 6, 30)
RATE_BOUNDS = (30, 90, 180, 365)
FEW_CUSTOMERS = 30
METHODS = ("before", "now", "plain rates")


@dataclass(frozen=True)
class Sums:
    """By customer: what is predicted, its variance by chance and P(nothing); by segment the variance beyond chance."""

    value: Floats
    chance: Floats
    nothing: Floats


@cache
def purchases() -> pl.DataFrame:
    """`customer_id, day, value, first`: one row per customer and day."""
    lines = pl.read_parquet(REAL / "cdnow_master.parquet")
    days = lines.group_by("customer_id", day=pl.col("ordered_on").cast(pl.Date)).agg(value=pl.col("amount").sum())
    return days.with_columns(first=pl.col("day").min().over("customer_id")).sort("customer_id", "day")


def seen_at(cutoff: date) -> pl.DataFrame:
    """One row per customer: the history up to a cutoff, and `purchases_<days>, value_<days>` of the days after it."""
    seen = pl.col("day") <= cutoff
    repeat = seen & (pl.col("day") > pl.col("first"))
    ahead = {days: (pl.col("day") > cutoff) & (pl.col("day") <= cutoff + timedelta(days)) for days in AHEAD}
    return (
        purchases()
        .filter(pl.col("first") <= cutoff)
        .group_by("customer_id", maintain_order=True)
        .agg(
            frequency=repeat.sum().cast(pl.Int64),
            recency=(pl.col("day").filter(seen).max() - pl.col("first").first()).dt.total_days().cast(pl.Float64),
            T=(pl.lit(cutoff) - pl.col("first").first()).dt.total_days().cast(pl.Float64),
            monetary_value=pl.col("value").filter(repeat).mean(),
            **{f"purchases_{days}": after.sum().cast(pl.Int64) for days, after in ahead.items()},
            **{f"value_{days}": pl.col("value").filter(after).sum() for days, after in ahead.items()},
        )
        .with_columns(customers=pl.lit(1))
    )


AHEAD = (*RISK_DAYS, *SUM_DAYS)


def outcomes(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """Distinct histories and what came after them."""
    bought = pl.col(f"purchases_{days}")
    sums = {"customers": pl.len(), "buyers": (bought > 0).sum(), "purchases": bought.sum()}
    return rows.group_by(HISTORY).agg(**sums).sort(HISTORY)


def spend_of(rows: pl.DataFrame) -> SpendModel:
    """Gamma-Gamma of those who came back."""
    repeat = rows.filter(pl.col("frequency") > 0, pl.col("monetary_value") > 0)
    return fit_spend(repeat.group_by("frequency", "monetary_value").agg(pl.col("customers").sum()))


def each_worth(rows: pl.DataFrame, spend: SpendModel) -> Floats:
    """What a purchase of each customer should bring."""
    own_mean = rows["monetary_value"].fill_null(spend.population_mean)
    return expected_average(spend, rows["frequency"], own_mean).to_numpy()


def worth_miss(rows: pl.DataFrame, worth: Floats, days: int, days_ago: int) -> Miss:
    """By how much purchases brought more than their customers' were said to."""
    bought, value = rows[f"purchases_{days}"].to_numpy(), rows[f"value_{days}"].to_numpy()
    predicted = float(bought @ worth)
    ratio = float(value.sum()) / predicted
    return Miss(days_ago, float(np.log(ratio)), float(((value - bought * worth * ratio) ** 2).sum()) / predicted**2)


def tests_before(cutoff: date, kind: ParametricKind) -> list[CutoffTest]:
    """What a model of this kind would have said every STEP days before a cutoff, held against what came by then."""
    tests = []
    first: date = purchases()["day"].min()  # type: ignore[assignment]
    for days_ago in range(STEP, (cutoff - first).days - SHORTEST_HISTORY + 2, STEP):
        rows = seen_at(cutoff - timedelta(days_ago))
        try:
            model = fit(outcomes(rows, STEP), kind, "day")
        except NotFitted:
            continue
        worth = each_worth(rows, spend_of(rows))
        for days in RISK_DAYS:
            if days <= days_ago:
                miss = worth_miss(rows, worth, days, days_ago)
                tests.append(cutoff_test(model, outcomes(rows, days), days, days_ago, miss))
    return tests


def tenths_inside(predicted: Floats, deviation: Floats, held: pl.DataFrame) -> int:
    """How many tenths of customers by risk lie within 95 % of chance, and of `deviation` of all log-odds together."""
    order = np.argsort(predicted, kind="stable")
    customers, silent = (held[name].to_numpy()[order] for name in ("customers", "silent"))
    p, shared = predicted[order], deviation[order]
    tenth = np.minimum((customers.cumsum() - customers / 2) * 10 / customers.sum(), 9).astype(int)
    variance = customers * p * (1 - p)
    said, came, chance, moved = (
        np.bincount(tenth, weights=weights, minlength=10)
        for weights in (customers * p, silent, variance, variance * shared)
    )
    # Half a customer, since counts are whole.
    return int((np.abs(came - said) <= NORMAL_QUANTILE_975 * np.sqrt(chance + moved**2) + 0.5).sum())


def tenths(model: BuyingModel, one: HorizonRecalibration, rows: pl.DataFrame, days: int) -> tuple[int, int, int]:
    """Tenths inside: as the model says by chance alone; set right, by chance alone; and with the error out of time."""
    held = outcomes(rows, days).with_columns(silent=pl.col("customers") - pl.col("buyers"))
    before, frequency = score(model, held, days)["p_no_purchase"].to_numpy(), held["frequency"].to_numpy()
    now, none = one.p_no_purchase(before, frequency), np.zeros_like(before)
    shared = one.log_odds_deviation(before, frequency)
    return tenths_inside(before, none, held), tenths_inside(now, none, held), tenths_inside(now, shared, held)


def plain_rates(cutoff: date, rows: pl.DataFrame, days: int) -> Sums | None:
    """What customers alike brought in the `days` before the cutoff; None where less than twice as many are known."""
    first: date = purchases()["day"].min()  # type: ignore[assignment]
    if (cutoff - first).days + 1 < 2 * days:
        return None
    inactivity = pl.col("T") - pl.col("recency")
    keys = ["frequency_band", "inactivity_band"]
    bands = (
        pl.col("frequency").clip(upper_bound=4).alias(keys[0]),
        sum(((inactivity > bound).cast(pl.Int32) for bound in RATE_BOUNDS), pl.lit(1)).alias(keys[1]),
    )
    before = cutoff - timedelta(days)
    after = purchases().filter(pl.col("day").is_between(before, cutoff, closed="right"))
    brought = after.group_by("customer_id").agg(value=pl.col("value").sum())
    past = (
        seen_at(before).join(brought, on="customer_id", how="left").with_columns(*bands, pl.col("value").fill_null(0))
    )
    alike = rows.with_columns(*bands)
    for place, by in enumerate((keys, keys[:1])):
        groups = past.group_by(by).agg(pl.len().alias("n"), mean=pl.col("value").mean(), spread=pl.col("value").var())
        wide = groups.filter(pl.col("n") >= FEW_CUSTOMERS).drop("n")
        names = {"mean": f"mean{place}", "spread": f"spread{place}"}
        alike = alike.join(wide.rename(names), on=by, how="left", maintain_order="left")
    mean, spread = (
        alike.select(pl.coalesce(f"{name}0", f"{name}1", pl.lit(whole))).to_series().to_numpy()
        for name, whole in (("mean", past["value"].mean()), ("spread", past["value"].var()))
    )
    return Sums(mean, spread, np.zeros_like(mean))


def sums_of(
    model: BuyingModel, tests: list[CutoffTest], rows: pl.DataFrame, days: int
) -> tuple[Sums, Sums, HorizonRecalibration, pl.DataFrame, float]:
    """Sums before and now, the recalibration, the frame for `out_of_time`, and the deviation of the parameters."""
    spend = spend_of(rows)
    known = rows.with_columns(pl.col("monetary_value").fill_null(spend.population_mean))
    recalibration, worth = recalibrate(tests), each_worth(rows, spend)
    scores = score(model, known, days).with_columns(factorial=factorial_moment(model, known, days))
    right = recalibration.apply(scores, days)
    ratio = right["expected_purchases"] / scores["expected_purchases"]
    right = right.with_columns(factorial=scores["factorial"] * ratio**2)
    of_worth = float(np.exp(recalibration.at(days).worth.mean))
    made = []
    for each, factor in ((scores, 1.0), (right, of_worth)):
        bought = each["expected_purchases"].to_numpy()
        chance = value_variance(spend, each.with_columns(discounted="expected_purchases")).to_numpy()
        made.append(Sums(bought * worth * factor, chance * factor**2, each["p_no_purchase"].to_numpy()))
    some = known.sample(150, seed=1).with_columns(segment=pl.lit("all"))
    open_deviation = float(segment_values(model, spend, some, days, 0.0)["deviation"].item())
    frame = scores.select("frequency", "expected_purchases", value=pl.Series(made[1].value))
    return made[0], made[1], recalibration.at(days), frame, open_deviation


def judged(sums: Sums, segment: Ints, actual: Floats, beyond: Floats) -> tuple[Flags, Floats]:
    """By segment: whether its sum lay inside, and the interval score; `beyond` is the variance beyond chance."""
    value, chance, came = (np.bincount(segment, weights=each) for each in (sums.value, sums.chance, actual))
    nothing = np.exp(np.bincount(segment, weights=np.log(np.maximum(sums.nothing, 1e-300))))
    low, high = (
        bound.to_numpy() for bound in sum_interval(pl.Series(value), pl.Series(chance + beyond), pl.Series(nothing))
    )
    outside = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return outside == 0, high - low + 2 / 0.05 * outside


def segments(ranked_by: Floats, size: int, *, alike: bool) -> Ints:
    """Segments of a size: drawn at random, or of customers alike in what is predicted of them."""
    order = np.argsort(ranked_by, kind="stable") if alike else np.random.default_rng(3).permutation(ranked_by.size)
    segment = np.empty(ranked_by.size, dtype=np.int64)
    segment[order] = np.minimum(np.arange(ranked_by.size) // size, ranked_by.size // size - 1)
    return segment


def compared(cutoff: date, model: BuyingModel, tests: list[CutoffTest], days: int) -> Iterator[dict[str, object]]:
    """Rows of `size, alike, method, inside, score` from one cutoff over one horizon."""
    rows = seen_at(cutoff)
    before, now, one, frame, parameters = sums_of(model, tests, rows, days)
    rates, actual = plain_rates(cutoff, rows, days), rows[f"value_{days}"].to_numpy()
    for size in SIZES:
        for alike in (False, True):
            segment = segments(now.value, size, alike=alike)
            shared = out_of_time(frame.with_columns(segment=pl.Series(segment)), one)["out_of_time"].to_numpy()
            for method, sums in zip(METHODS, (before, now, rates), strict=True):
                if sums is None:
                    continue
                open_variance = (np.bincount(segment, weights=sums.value) * parameters) ** 2
                beyond = {"before": open_variance, "now": open_variance + shared}.get(method, np.zeros(shared.size))
                inside, points = judged(sums, segment, actual, beyond)
                yield {
                    "cutoff": cutoff,
                    "days": days,
                    "size": size,
                    "alike": alike,
                    "method": method,
                    "inside": float(inside.mean()),
                    "score": float(points.mean()),
                    "total": float(actual.sum() / sums.value.sum()),
                    "with_rates": rates is not None,
                }


def cutoffs() -> list[date]:
    """Ends of months from FIRST_CUTOFF on that have at least the shorter horizon of sums after them."""
    ends = pl.date_range(FIRST_CUTOFF, LAST_DAY, "1mo", eager=True).dt.month_end()
    return [day for day in ends if day + timedelta(SUM_DAYS[0]) <= LAST_DAY]


def main() -> None:
    """Print the tables in Markdown."""
    print("| model | cutoff | tenths inside: before | now, by chance alone | now | sums inside, 50 | 500 |")
    print("|---|---|---:|---:|---:|---:|---:|")
    every = []
    for kind in ("mbg_nbd", "bg_nbd", "pareto_nbd"):
        for cutoff in cutoffs():
            tests, rows = tests_before(cutoff, kind), seen_at(cutoff)
            model, recalibration = fit(outcomes(rows, STEP), kind, "day"), recalibrate(tests)
            closed = [days for days in RISK_DAYS if cutoff + timedelta(days) <= LAST_DAY]
            held = np.sum([tenths(model, recalibration.at(days), rows, days) for days in closed], axis=0)
            sums = [
                row
                for days in SUM_DAYS
                if cutoff + timedelta(days) <= LAST_DAY
                for row in compared(cutoff, model, tests, days)
            ]
            every += [{"model": kind, **row} for row in sums]
            frame = pl.DataFrame(sums).filter(pl.col("method") == "now", ~pl.col("alike"))
            inside = [float(np.mean(frame.filter(size=size)["inside"].to_numpy())) for size in SIZES]
            of_tenths = f"{held[0]} of {10 * len(closed)} | {held[1]} | {held[2]}"
            of_sums = " | ".join(f"{share:.1%}" for share in inside)
            print(f"| {kind} | {cutoff} | {of_tenths} | {of_sums} |", flush=True)
    print("\n| model | segments of | drawn | method | sums inside | interval score | of these with plain rates |")
    print("|---|---:|---|---|---:|---:|---:|")
    keys = ["model", "size", "alike", "method"]
    known = pl.col("score").filter("with_rates").mean()
    pooled = pl.DataFrame(every).group_by(keys, maintain_order=True)
    for row in pooled.agg(pl.col("inside", "score").mean(), known=known).to_dicts():
        drawn = "alike" if row["alike"] else "at random"
        whole = "" if row["method"] == METHODS[2] else f"{row['score']:.0f}"
        print(
            f"| {row['model']} | {row['size']} | {drawn} | {row['method']} | {row['inside']:.1%} | {whole} | "
            f"{row['known']:.0f} |"
        )


if __name__ == "__main__":
    main()
