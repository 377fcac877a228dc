"""From links to persons: connected components, split along their weakest links where they grow too large.

Components by `scipy.sparse.csgraph`; the split is a cut of the single-linkage dendrogram (Gower & Ross 1969) at the
highest place where every part is within the limit.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.models.identity.groups import STRONGEST, agreements, links, shared_keys
from shopkeeper.models.identity.keys import KINDS, Level, Rules

BY_HAND = {"account": pl.UInt32, "other": pl.UInt32, "is_link": pl.Boolean}
"""Frame of links (accounts that are one person) and cuts (that are not), as people set them."""


@dataclass(frozen=True)
class Linked:
    """`person`: for each account the smallest account of its person, by number.

    `shared`: keys that several accounts share, as `shared_keys` gives them. `component`: for each account that was
    taken out of a component too large, that component's smallest account; -1 for all others.
    """

    person: Ints
    shared: pl.DataFrame
    component: Ints


def link(
    keys: pl.DataFrame,
    accounts: int,
    level: Level = "standard",
    rules: Rules | None = None,
    by_hand: pl.DataFrame | None = None,
    population: int | None = None,
) -> Linked:
    """Accounts 0 to `accounts` - 1 by person. `keys`: one row per account and key: account, kind (its number), key.

    Accounts without a shared key may be left out; `population` then says how many there are with them.

    `by_hand`: account, other, is_link. A link by hand holds at every size; a cut keeps its two accounts apart, and
    where both were given for the same two accounts the cut holds. The order of rows does not matter.
    """
    rules = rules or Rules()
    hand = by_hand if by_hand is not None else pl.DataFrame(schema=BY_HAND)
    shared = shared_keys(of_persons(keys, rules), population or accounts, rules)
    grouped = _with_hand(links(shared, population or accounts, level, rules), hand)
    person = components(grouped["account"].to_numpy(), grouped["group"].to_numpy(), accounts)
    large = _larger_than(rules.limit, person)
    component = np.where(large, person, -1)
    if large.any():
        person = person.copy()
        person[large] = _guarded(np.flatnonzero(large), grouped, shared, rules)
    return Linked(apart(person, grouped, hand), shared, component)


def of_persons(keys: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The keys without those of accounts that have more phones or e-mails than one key may have accounts.

    Such an account is a till, or the phone that a shop gives for guests: it would join all who ever stood before it.
    """
    tills = []
    for kind in ("phone", "email"):
        of_kind = keys.filter(pl.col("kind") == KINDS.index(kind))
        # Rows are counted first, which takes a tenth of the time that distinct keys take, and few accounts are left.
        rows = np.bincount(of_kind["account"].to_numpy())
        large = pl.Series("account", np.flatnonzero(rows > rules.cap(kind)), keys.schema["account"])
        sizes = (
            of_kind.filter(pl.col("account").is_in(large.implode())).group_by("account").agg(pl.col("key").n_unique())
        )
        tills.append(sizes.filter(pl.col("key") > rules.cap(kind))["account"])
    each = pl.concat(tills).unique()
    return keys if each.is_empty() else keys.filter(~pl.col("account").is_in(each.implode()))


def _with_hand(grouped: pl.DataFrame, hand: pl.DataFrame) -> pl.DataFrame:
    """The groups, and a group of two for each link by hand."""
    offset = int(grouped["group"].max() or 0) + 1  # type: ignore[arg-type]
    made = hand.filter("is_link").with_columns(group=pl.int_range(pl.len(), dtype=pl.Int64) + offset)
    ends = [
        made.select(pl.col(end).alias("account"), "group", weight=pl.lit(STRONGEST, pl.Int16))
        for end in ("account", "other")
    ]
    return pl.concat([grouped, *(end.cast({"account": grouped.schema["account"]}) for end in ends)])


def components(account: Ints, group: Ints, accounts: int) -> Ints:
    """For each of `accounts` the smallest one that its groups connect it to; one row of the input per member."""
    if (group[1:] < group[:-1]).any():
        order = np.argsort(group, kind="stable")
        account, group = account[order], group[order]
    first = np.append(True, group[1:] != group[:-1])[: len(group)]
    starts = account[np.maximum.accumulate(np.where(first, np.arange(len(group)), 0))]
    one, other = starts[~first], account[~first]
    person = np.arange(accounts, dtype=np.int32)
    if len(one) == 0:
        return person
    present = np.zeros(accounts, np.bool_)
    present[one] = present[other] = True
    nodes, place = np.flatnonzero(present), np.cumsum(present, dtype=np.int32) - 1
    graph = coo_array((np.ones(len(one), np.int8), (place[one], place[other])), shape=(len(nodes), len(nodes)))
    count, label = connected_components(graph, directed=False)
    smallest = np.empty(count, np.int32)
    smallest[label[::-1]] = nodes[::-1]
    person[nodes] = smallest[label]
    return person


def _larger_than(limit: int, person: Ints) -> Flags:
    return (np.bincount(person, minlength=len(person)) > limit)[person]


def _guarded(inside: Ints, grouped: pl.DataFrame, shared: pl.DataFrame, rules: Rules) -> Ints:
    """The accounts `inside`, all of components that are too large, by person.

    They are built anew from their strongest links down. All links of one weight go in together, so no order decides.
    What would grow beyond the limit stays as it was, and takes part in nothing weaker; only links by hand may pass it.
    """
    place = pl.DataFrame({"account": inside.astype(np.uint32), "place": np.arange(len(inside))})
    evidence = agreements(shared.join(place, on="account", how="semi"), rules)
    offset = int(grouped["group"].max() or 0) + 1  # type: ignore[arg-type]
    rows = pl.concat([grouped, evidence.with_columns(pl.col("group") + offset)]).join(place, on="account")
    person = np.arange(len(inside))
    done = np.zeros(len(inside), np.bool_)
    for weight in rows["weight"].unique().sort(descending=True):
        level = rows.filter(pl.col("weight") == weight)
        part, group = person[level["place"].to_numpy()], level["group"].to_numpy()
        if weight < STRONGEST:
            part, group = part[~done[part]], group[~done[part]]
        merged = components(part, group, len(inside))
        if weight < STRONGEST:
            sizes = np.bincount(merged[person], minlength=len(inside))
            refused = part[sizes[merged[part]] > rules.limit]
            done[refused], merged[refused] = True, refused
        person = merged[person]
    return inside[person]


def apart(person: Ints, grouped: pl.DataFrame, hand: pl.DataFrame) -> Ints:
    """The same persons, but none that holds both accounts of a cut; of its links the strongest that can stay do."""
    cuts = [(one, other) for one, other, is_link in hand.rows() if not is_link and person[one] == person[other]]
    person = person.copy()
    for whole in sorted({int(person[one]) for one, _ in cuts}):
        members = np.flatnonzero(person == whole)
        rows = grouped.filter(pl.col("account").is_in(members)).sort(
            "weight", "group", "account", descending=[True, False, False]
        )
        group_members = rows.group_by("weight", "group", maintain_order=True).agg("account")["account"].to_list()
        person[members] = _joined(members.tolist(), group_members, cuts)
    return person


def _joined(members: list[int], groups: list[list[int]], cuts: list[tuple[int, int]]) -> list[int]:
    """The smallest account of each member's part; groups join their members in turn unless a cut forbids it."""
    part = {member: member for member in members}
    for group in groups:
        anchors: list[int] = []
        for account in group:
            for anchor in (part[each] for each in anchors):
                joined = {anchor, part[account]}
                if any({part.get(one), part.get(other)} == joined for one, other in cuts):
                    continue
                part = {each: min(joined) if whole in joined else whole for each, whole in part.items()}
                break
            else:
                anchors.append(account)
    return [part[member] for member in members]
