"""Who is left out of a list of customers to rescue, and why."""

from datetime import date, timedelta

import polars as pl

REASONS = ("not_contactable", "recent", "returning", "lost")


def left_out(as_of: date, *, quiet_days: int, return_days: int, leave_lost: bool) -> pl.Expr:
    """The first of `REASONS` that keeps a customer off the list; null for who is on it.

    Left out: who said no to being contacted (not who never said), who bought in the last `quiet_days` up to as-of, who
    gave something back in the last `return_days`, and (with `leave_lost`) who is lost by the rules of the stages. Reads
    `contactable` (null: never said), `last_day`, `last_refund_day` (null: none) and `stage`, one row per customer.
    """
    return (
        pl.when(pl.col("contactable").eq(False).fill_null(False))
        .then(pl.lit("not_contactable"))
        .when(pl.col("last_day") > as_of - timedelta(days=quiet_days))
        .then(pl.lit("recent"))
        .when((pl.col("last_refund_day") > as_of - timedelta(days=return_days)).fill_null(False))
        .then(pl.lit("returning"))
        .when(pl.lit(leave_lost) & (pl.col("stage") == "lost"))
        .then(pl.lit("lost"))
    )
