"""Drawing the shop's customers and orders, block by block, from its laws and a seed."""

from dataclasses import dataclass

import numpy as np

from shopkeeper.models.arrays import Ints
from shopkeeper.sample import people, process
from shopkeeper.sample.fulfilment import cell
from shopkeeper.sample.orders import Lines, Orders, World, lines, orders
from shopkeeper.sample.people import Mailing, People, Visits

PERSONS_IN_BLOCK = 100_000
DRAW, REFUND, ROWS = range(3)


@dataclass(frozen=True)
class Block:
    """Some of the shop's customers and unidentified orders, over all three years."""

    persons: People
    visits: Visits
    mailings: list[Mailing]
    placed: Orders
    demanded: Lines
    cells: Ints  # by line: its place in day x location x SKU


@dataclass(frozen=True)
class SamplePlan:
    """How many there are, and how they are cut into blocks that fit in memory."""

    seed: int
    persons: int
    unidentified: int
    blocks: int

    def random(self, block: int, purpose: int) -> np.random.Generator:
        """The same numbers whenever the same block is drawn again."""
        return np.random.default_rng([self.seed, block + 1, purpose])

    def draw(self, world: World, number: int) -> Block:
        """Draw block `number`; drawing it twice gives the same."""
        rng = self.random(number, DRAW)
        start, stop = (self.persons * edge // self.blocks for edge in (number, number + 1))
        first, last = (self.unidentified * edge // self.blocks for edge in (number, number + 1))
        persons, visits, mailings = people.block(rng, world.where, world.tastes, start, stop, self.persons)
        positions = (np.arange(first, last) + rng.random(last - first)) / max(self.unidentified, 1)
        placed = orders(rng, world, persons, visits, positions)
        demanded = lines(rng, world, placed)
        locations = len(world.where.ids)
        return Block(
            persons,
            visits,
            mailings,
            placed,
            demanded,
            cell(world.goods, locations, demanded.day, placed.location[demanded.parent], demanded.sku),
        )


def plan(world: World, orders: int, seed: int, persons_in_block: int = PERSONS_IN_BLOCK) -> SamplePlan:
    """A shop with about `orders` orders."""
    per_person = people.purchases_per_person(np.random.default_rng([seed, 0]), world.where)
    unidentified = round(orders * process.UNIDENTIFIED_SHARE)
    persons = max(1, round((orders - unidentified) / per_person))
    return SamplePlan(seed, persons, unidentified, -(-persons // persons_in_block))
