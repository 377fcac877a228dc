"""What an item sells because another of its category is out there is the other's demand, which is counted as lost.

On days when another item of the category is out in the region, an item is expected to sell as on the other days, at
the category's level of the day. What it sells beyond that, over all such days, is taken for substitution where it
stands out by three standard errors, and its units of these days are divided by the ratio, held near 1 by chance
(positive-part James-Stein). So neither chance nor a busy season makes a substitute.
"""

import polars as pl

STANDS_OUT = 3.0
ROUNDS = 4
"""A category's level of a day counts its substitutes too; without them it tells more of them, and it settles soon."""
_PAIR = ["category", "sku", "region"]
_PLACE = ["category", "region", "day"]


def without_substitution(rows: pl.DataFrame, out: pl.DataFrame) -> pl.DataFrame:
    """`rows` (`category, sku, region, day, units`) with the units that are the item's own demand.

    `out` holds a row `category, sku, region, day` where an item was out of stock.
    """
    if out.is_empty() or rows.is_empty():
        return rows
    out, touched = out.unique(), out.select(_PLACE).unique()
    own_demand = rows
    for _round in range(ROUNDS):
        ratios = _ratios(rows, own_demand, out, touched).filter(pl.col("ratio") > 1)
        if ratios.is_empty():
            break
        own_demand = _divided(rows, ratios, out, touched)
    return own_demand


def _divided(rows: pl.DataFrame, ratios: pl.DataFrame, out: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    own = [*_PAIR, "day"]
    marked = (
        rows.join(touched.with_columns(touched=True), on=_PLACE, how="left", maintain_order="left")
        .join(out.select(own).with_columns(out=True), on=own, how="left", maintain_order="left")
        .join(ratios, on=["category", "sku"], how="left", maintain_order="left")
    )
    helped = pl.col("touched").is_not_null() & pl.col("out").is_null() & pl.col("ratio").is_not_null()
    units = pl.when(helped).then(pl.col("units") / pl.col("ratio")).otherwise(pl.col("units"))
    return marked.with_columns(units.alias("units")).select(rows.columns)


def _ratios(rows: pl.DataFrame, own_demand: pl.DataFrame, out: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """`category, sku, ratio`: units on days when others were out over what was expected of them, 1 within chance.

    Levels of days are those of `own_demand`.
    """
    levels = own_demand.group_by("category", "day").agg(level=pl.col("units").sum())
    levels = levels.with_columns(pl.col("level") / pl.col("level").mean().over("category")).sort("day")
    pairs = rows.group_by(_PAIR).agg(first=pl.col("day").min()).sort("first")
    everything = _since(pairs, levels, ["category"], "all_days")
    others = _since(
        pairs, touched.join(levels, on=["category", "day"]).sort("day"), ["category", "region"], "touched_days"
    )
    own = out.join(levels, on=["category", "day"]).group_by(_PAIR).agg(own_days=pl.col("level").sum())
    free = rows.join(touched, on=_PLACE, how="anti").group_by(_PAIR).agg(free_units=pl.col("units").sum())
    helped = rows.join(touched, on=_PLACE, how="semi").join(out, on=[*_PAIR, "day"], how="anti")
    helped = helped.group_by(_PAIR).agg(helped_units=pl.col("units").sum())
    spread = rows.group_by("category", "sku").agg(spread=(pl.col("units") ** 2).sum() / pl.col("units").sum())
    exposed = pairs
    for part in (everything, others, own, free, helped):
        exposed = exposed.join(part, on=_PAIR, how="left", maintain_order="left")
    exposed = exposed.with_columns(pl.exclude(*_PAIR, "first").fill_null(0.0))
    others_out, none_out = pl.col("touched_days") - pl.col("own_days"), pl.col("all_days") - pl.col("touched_days")
    expected = pl.col("free_units") * others_out / none_out
    chance = expected * (1 + others_out / none_out)
    beyond = pl.col("helped_units") - pl.col("expected")
    error = pl.col("chance") * pl.max_horizontal("spread", 1.0)
    belief = pl.when(beyond > STANDS_OUT * error.sqrt()).then(1 - error / beyond**2).otherwise(0.0)
    return (
        exposed.filter(none_out > 0, others_out > 0)
        .group_by("category", "sku")
        .agg(expected.sum().alias("expected"), chance.sum().alias("chance"), pl.col("helped_units").sum())
        .filter(pl.col("expected") > 0)
        .join(spread, on=["category", "sku"])
        .select("category", "sku", ratio=1 + belief * beyond / pl.col("expected"))
    )


def _since(pairs: pl.DataFrame, days: pl.DataFrame, by: list[str], name: str) -> pl.DataFrame:
    """Sum of the levels of `days` from each pair's first day on."""
    ahead = days.with_columns(pl.col("level").cum_sum(reverse=True).over(by).alias(name)).select(*by, "day", name)
    joined = pairs.join_asof(ahead, left_on="first", right_on="day", by=by, strategy="forward", check_sortedness=False)
    return joined.select(*_PAIR, name)
