"""A sample of distinct histories that stands for all: every kind of history in it, with the customers it speaks for."""

import numpy as np
import polars as pl

ORDER = ("frequency", "T", "recency")


def thinned(tuples: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most about `most` rows: histories that many share as they are, of the others every so-and-so-manieth.

    Rows stand in the order of frequency, T and recency, so that each stratum has its share of the sample (systematic
    sampling, Cochran 1977, ch. 8). `customers`, and `log_times` with them, are scaled to those for whom the row speaks.
    """
    if tuples.height <= most:
        return tuples
    ordered = tuples.sort(*ORDER)
    step = float(ordered["customers"].sum()) / most
    heavy = pl.col("customers") >= step
    kept, light = ordered.filter(heavy), ordered.filter(~heavy)
    every = float(light["customers"].sum()) / max(most - kept.height, 1)
    ends = light["customers"].cast(pl.Float64).cum_sum().to_numpy()
    hits = np.diff(np.floor(ends / every + 0.5), prepend=0.0)
    scaled = light.with_columns(spoken=pl.Series(hits) * every).filter(pl.col("spoken") > 0)
    if "log_times" in tuples.columns:
        scaled = scaled.with_columns(log_times=pl.col("log_times") / pl.col("customers") * pl.col("spoken"))
    scaled = scaled.with_columns(customers=pl.col("spoken")).drop("spoken")
    return pl.concat([kept.with_columns(pl.col("customers").cast(pl.Float64)), scaled]).sort(*ORDER)
