"""Groups of accounts that share a key, or two keys at once: what linking is made of."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from shopkeeper.models.identity.keys import FACTS, KINDS, OWN_KINDS, STRENGTH, STRONG_KINDS, WEAK_KINDS, Level, Rules

STRONGEST = 1_000
"""The weight of a link by hand, and of the merchant's own customer number: the guard does not break it."""
OF_KIND = np.arange(len(KINDS), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
"""Mixed into a key, so that keys of two kinds differ; of 64 bits, as the keys themselves."""
HEAVIEST_WEAK = 63
"""Two weak keys together stay below one strong key."""


def numbers(kinds: tuple[str, ...]) -> list[int]:
    """The kinds as they stand in the column `kind`."""
    return [KINDS.index(kind) for kind in kinds]


def repeated(values: pl.Series) -> pl.Series:
    """Whether each value stands more than once; a third of the time of `is_duplicated` on whole numbers of 64 bits."""
    order = values.arg_sort().to_numpy()
    sorted_ = values.to_numpy()[order]
    same = sorted_[1:] == sorted_[:-1]
    flags = np.zeros(len(sorted_), np.bool_)
    flags[order[1:][same]] = flags[order[:-1][same]] = True
    return pl.Series(flags)


def coded(values: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """The distinct values, the smallest first, and the place of each value among them."""
    order = values.arg_sort().to_numpy()
    sorted_ = values.to_numpy()[order]
    is_new = np.append(True, sorted_[1:] != sorted_[:-1])[: len(sorted_)]
    places = np.empty(len(sorted_), np.uint32)
    places[order] = np.cumsum(is_new) - 1
    return sorted_[is_new], places


def shared_keys(keys: pl.DataFrame, accounts: int, rules: Rules) -> pl.DataFrame:
    """Of `keys` (one row per account and key: account, kind, key) those rows whose key two accounts share or more.

    Adds `sharers`, the accounts that share the key; `bits`, its rarity, log2(`accounts` / sharers); `capped`, whether
    too many share it to be one person's; `group`, its number. Sorted by group and account.
    """
    # One column of whole numbers is sorted five times as quickly as two beside each other.
    mixed = keys["key"].to_numpy().astype(np.uint64) ^ OF_KIND[keys["kind"].to_numpy()]
    rows = keys.select("account", "kind", "key").with_columns(mixed=pl.Series(mixed)).sort("mixed", "account")
    account, kind, key = (rows[name].to_numpy() for name in ("account", "kind", "mixed"))
    other_key = np.append(True, key[1:] != key[:-1])[: len(rows)]
    distinct = other_key | np.append(True, account[1:] != account[:-1])[: len(rows)]
    other_key = other_key[distinct]
    sizes = np.diff(np.append(np.flatnonzero(other_key), len(other_key)))
    sharers = np.repeat(sizes, sizes)
    several = sharers > 1
    caps = np.array([rules.cap(name) for name in KINDS])[kind[distinct][several]]
    return (
        rows.drop("mixed")
        .filter(pl.Series(distinct))
        .filter(pl.Series(several))
        .with_columns(
            sharers=pl.Series(sharers[several].astype(np.int64)),
            bits=pl.Series(np.log2(max(accounts, 1) / sharers[several]).astype(np.float32)),
            capped=pl.Series(sharers[several] > caps),
            group=pl.Series(np.cumsum(other_key[several])),
        )
    )


def each_key(shared: pl.DataFrame) -> pl.DataFrame:
    """One row per shared key: kind, key, sharers, capped."""
    group = shared["group"].to_numpy()
    first = np.append(True, group[1:] != group[:-1])[: len(group)]
    return shared.filter(pl.Series(first)).select("kind", "key", "sharers", "capped")


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
        "group",
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
