"""What falls short in the inputs of the Network page, row by row, counted and said."""

import polars as pl

from shopkeeper.engine.query import Query
from shopkeeper.i18n import N_, NN_
from shopkeeper.messages import Message
from shopkeeper.supply.serving import NO_REGION

FROM_NOWHERE = N_(
    "{n} % of the demand has no ship-to region: nobody can say what is near it, and it is in no figure here."
)
UNSEEN = N_("You may see some regions only: goods that lie elsewhere are not counted, even where they are in reach.")


def shortcomings(
    query: Query, expected: pl.DataFrame, nodes: pl.DataFrame, lanes: pl.DataFrame, filled: int, own: int
) -> tuple[Message, ...]:
    """Single rows that fall short, counted."""
    total = float(expected["units"].sum())
    nowhere = float(expected.filter(pl.col("region") == NO_REGION)["units"].sum())
    priced = lanes.filter(pl.col("to_region").is_not_null())["cost_per_unit"].is_not_null().any()
    counts: tuple[tuple[float, str | tuple[str, str]], ...] = (
        (
            round(100 * nowhere / total, 1) if total else 0,
            FROM_NOWHERE,
        ),
        (
            int(nodes["negative"].sum()),
            NN_(
                "{n} stock figure is below 0 and counts as none; check it where it was counted.",
                "{n} stock figures are below 0 and count as none; check them where they were counted.",
            ),
        ),
        (
            nodes.filter((pl.col("region") == NO_REGION) & (pl.col("available") > 0)).height,
            NN_(
                "{n} location with stock has no known region: it serves only regions that a lane of its own reaches.",
                "{n} locations with stock have no known region: they serve only regions that a lane of theirs reaches.",
            ),
        ),
        (
            _unknown_places(nodes, lanes),
            NN_(
                "{n} location that lanes name is not known and holds no stock: its lanes are left out.",
                "{n} locations that lanes name are not known and hold no stock: their lanes are left out.",
            ),
        ),
        (
            own,
            NN_(
                "{n} location ships but has no lane to its own region: 1 day is taken, at the usual cost.",
                "{n} locations ship but have no lane to their own region: 1 day is taken, at the usual cost.",
            ),
        ),
        (
            filled if priced else 0,
            NN_(
                "{n} lane has no cost: it takes the median of lanes of the same kind.",
                "{n} lanes have no cost: they take the median of lanes of the same kind.",
            ),
        ),
    )
    messages = tuple(Message.counted(text, {"n": count}) for count, text in counts if count)
    return messages if query.scope.regions is None else (*messages, Message(UNSEEN))


def _unknown_places(nodes: pl.DataFrame, lanes: pl.DataFrame) -> int:
    """Locations that lanes name and nobody else does."""
    unknown = lanes.join(nodes, left_on="from_location", right_on="location", how="anti")["from_location"].n_unique()
    places = set(nodes["location"])
    return unknown + sum(1 for end in lanes["to_location"].drop_nulls().unique() if end not in places)
