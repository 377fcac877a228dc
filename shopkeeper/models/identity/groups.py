"""Groups of accounts that share a key, or two keys at once: what linking is made of."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from shopkeeper.models.identity.keys import FACTS, KINDS, OWN_KINDS, STRENGTH, STRONG_KINDS, WEAK_KINDS, Level, Rules

STRONGEST = 1_000
"""The weight of a link by hand, and of the merchant's own customer number: the guard does not break it."""
HEAVIEST_WEAK = 63
"""Two weak keys together stay below one strong key."""


def numbers(kinds: tuple[str, ...]) -> list[int]:
    """The kinds as they stand in the column `kind`."""
    return [KINDS.index(kind) for kind in kinds]


def shared_keys(keys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Of `keys` (one row per account and key: account, kind, key) those rows whose key two accounts share or more.

    Adds `sharers`, the accounts that share the key; `bits`, its rarity, log2(accounts with keys / sharers); `capped`,
    whether it is shared by too many to be one person's. Sorted by kind, key and account.
    """
    accounts = max(keys["account"].n_unique(), 1)
    order = np.lexsort((keys["account"].to_numpy(), keys["key"].to_numpy(), keys["kind"].to_numpy()))
    ordered = keys.select("account", "kind", "key")[order]
    account, kind, key = (column.to_numpy() for column in ordered)
    other_key = np.append(True, (kind[1:] != kind[:-1]) | (key[1:] != key[:-1]))[: len(ordered)]
    distinct = other_key | np.append(True, account[1:] != account[:-1])[: len(ordered)]
    ordered, kind = ordered.filter(distinct), kind[distinct]
    starts = np.flatnonzero(other_key[distinct])
    sizes = np.diff(np.append(starts, len(ordered)))
    sharers = np.repeat(sizes, sizes).astype(np.uint32)
    caps = np.array([rules.cap(name) for name in KINDS])
    several = sharers > 1
    return ordered.filter(several).with_columns(
        sharers=pl.Series(sharers[several]),
        bits=pl.Series(np.log2(accounts / sharers[several]).astype(np.float32)),
        capped=pl.Series(sharers[several] > caps[kind[several]]),
    )


def links(shared: pl.DataFrame, accounts: int, level: Level, rules: Rules) -> pl.DataFrame:
    """One row per account and group that it belongs to: account, group, weight; a group is what links its accounts.

    `shared` as `shared_keys` gives it, of `accounts` with keys. A group's weight is its strength and rarity in bits.
    """
    single = OWN_KINDS if level == "strict" else STRONG_KINDS
    sets = [_single(shared.filter(~pl.col("capped") & pl.col("kind").is_in(numbers(single))))]
    if level == "strict":
        strong = shared.filter(~pl.col("capped") & pl.col("kind").is_in(numbers(STRONG_KINDS)))
        sets.append(_pairs(strong, -np.inf, rules, STRENGTH))
    if level == "loose":
        weak = shared.filter(pl.col("capped") | pl.col("kind").is_in(numbers(WEAK_KINDS)))
        sets.append(_pairs(weak, np.log2(max(accounts, 1)) + rules.corroboration, rules, {}))
    offset, numbered = 0, []
    for each in sets:
        numbered.append(each.with_columns(pl.col("group") + offset))
        offset += int(each["group"].max() or 0) + 1  # type: ignore[arg-type]
    return pl.concat(numbered)


def agreements(shared: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Groups of accounts that agree in two strong keys: evidence beside that of each key alone, for the guard."""
    return _pairs(
        shared.filter(~pl.col("capped") & pl.col("kind").is_in(numbers(STRONG_KINDS))), -np.inf, rules, STRENGTH
    )


def _single(shared: pl.DataFrame) -> pl.DataFrame:
    strength = pl.col("kind").replace_strict({KINDS.index(k): w for k, w in STRENGTH.items()}, default=0)
    own_number = pl.col("kind") == KINDS.index("customer")
    return shared.select(
        "account",
        group=pl.struct("kind", "key").rle_id().cast(pl.Int64),
        weight=pl.when(own_number).then(STRONGEST).otherwise(strength + pl.col("bits").floor()).cast(pl.Int16),
    )


def _pairs(shared: pl.DataFrame, bits: float, rules: Rules, strength: Mapping[str, int]) -> pl.DataFrame:
    """Groups of accounts that agree in two keys about different facts, which are `bits` rare together."""
    facts = {name: number for number, name in enumerate(dict.fromkeys(FACTS.values()))}
    one = shared.select(
        "account",
        "kind",
        "key",
        "bits",
        fact=pl.col("kind").replace_strict({n: facts[FACTS[kind]] for n, kind in enumerate(KINDS)}, default=0),
        strength=pl.col("kind").replace_strict({KINDS.index(k): w for k, w in strength.items()}, default=0),
    )
    both = (
        one.join(one, on="account", suffix="_other")
        .filter((pl.col("fact") < pl.col("fact_other")) & (pl.col("bits") + pl.col("bits_other") >= bits))
        .sort("kind", "key", "kind_other", "key_other", "account")
        .with_columns(group=pl.struct("kind", "key", "kind_other", "key_other").rle_id().cast(pl.Int64))
    )
    weight = pl.col("bits") + pl.col("bits_other")
    strong = pl.col("strength") + pl.col("strength_other")
    return both.filter(pl.len().over("group").is_between(2, rules.limit)).select(
        "account",
        "group",
        weight=pl.when(strong > 0)
        .then(strong + weight.floor())
        .otherwise(pl.min_horizontal(weight.floor(), HEAVIEST_WEAK))
        .cast(pl.Int16),
    )
