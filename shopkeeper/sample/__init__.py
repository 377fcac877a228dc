"""A believable merchant whose laws are known: `generate` writes three years of a shop, and the truth beside it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.sample import identities, people, process, rows, supply_rows, truth
from shopkeeper.sample.catalogue import STAPLES, catalogue
from shopkeeper.sample.demand import tastes
from shopkeeper.sample.files import Files
from shopkeeper.sample.fulfilment import LostLines, Shelf, cell, serve, takes_stock, with_refunds
from shopkeeper.sample.orders import Lines, Orders, World, lines, orders
from shopkeeper.sample.people import Mailing, People, Visits
from shopkeeper.sample.places import places
from shopkeeper.sample.stock import Deliveries, StockHistory, carried, simulate
from shopkeeper.sample.truth import DemandTally

PERSONS_IN_BLOCK = 100_000
SHOP = 'name = "山海集 Mountain & Sea Market"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'
_DRAW, _REFUND, _ROWS = range(3)


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
        rng = self.random(number, _DRAW)
        start, stop = (self.persons * edge // self.blocks for edge in (number, number + 1))
        first, last = (self.unidentified * edge // self.blocks for edge in (number, number + 1))
        persons, visits, mailings = people.block(rng, world.where, start, stop, self.persons)
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


def plan(orders: int, seed: int, persons_in_block: int = PERSONS_IN_BLOCK) -> SamplePlan:
    """A shop with about `orders` orders."""
    per_person = people.purchases_per_person(np.random.default_rng([seed, 0]))
    unidentified = round(orders * process.UNIDENTIFIED_SHARE)
    persons = max(1, round((orders - unidentified) / per_person))
    return SamplePlan(seed, persons, unidentified, -(-persons // persons_in_block))


def generate(
    directory: Path,
    orders: int = 60_000,
    seed: int = 7,
    progress: Progress = UNHEARD,
    persons_in_block: int = PERSONS_IN_BLOCK,
) -> None:
    """Write a sample shop of about `orders` orders into `directory`: order_lines/part-NNNN.parquet, a Parquet file for
    every other table of the contract, shop.toml, and truth/.

    The same arguments give the same shop. Memory is bounded by `persons_in_block`, not by `orders`; every block is
    drawn twice, once to learn what is asked for of each location and day, once to serve it from the stock that results.
    An earlier sample in the directory is replaced.
    """
    world = World(places(), catalogue(), tastes())
    drawn = plan(orders, seed, persons_in_block)
    noted = truth.tally(world)
    for number in range(drawn.blocks):
        progress.step("Customers and their orders", 0.35 * number / drawn.blocks)
        block = drawn.draw(world, number)
        ships = np.flatnonzero(takes_stock(block.demanded))
        noted.note(world, block.placed, block.demanded, ships, block.cells[ships])
        noted.note_people(block.persons, block.mailings)
    progress.step("Stock", 0.35)
    kept = carried(world)
    ordinary = kept.copy()
    ordinary[:, STAPLES] = False
    flow = simulate(drawn.random(-1, 1), world, noted.cells, ordinary)
    with Files(directory) as files:
        staples, lost = _sell(files, world, drawn, noted, flow, progress)
        progress.step("Stock and truth", 0.95)
        flow = _with_staples(flow, drawn, world, staples, kept[:, STAPLES])
        _write_supply(files, world, drawn, noted, flow, kept)
        _write_truth(files, world, noted, lost)
        truth.write_parameters(directory / "truth" / "parameters.json", seed, orders)
        (directory / "shop.toml").write_text(SHOP, encoding="utf-8")
    progress.step("Done", 1.0)


def _sell(
    files: Files, world: World, drawn: SamplePlan, noted: DemandTally, flow: StockHistory, progress: Progress
) -> tuple[Ints, list[LostLines]]:
    """Write what each block sold; returns the staples sold (day x location x category) and what was lost."""
    short = (noted.cells > flow.filled).reshape(-1)
    shelf = Shelf(short & ~_staple_cells(noted), flow.filled.reshape(-1))
    staples = np.zeros((*noted.cells.shape[:2], len(STAPLES)), dtype=np.int32)
    lost, first_number = [], 1
    for number in range(drawn.blocks):
        progress.step("Order lines", 0.4 + 0.55 * number / drawn.blocks)
        block = drawn.draw(world, number)
        sold, missing = serve(world.goods, block.placed, block.demanded, block.cells, shelf)
        lost.append(missing)
        _note_staples(staples, world, block.placed, sold)
        orders_so_far = int(block.demanded.order.max()) + 1
        sold = with_refunds(drawn.random(number, _REFUND), sold, orders_so_far)
        buyers = identities.named_buyers(block.persons, block.placed)
        table = rows.order_lines(world, buyers, block.placed, sold, orders_so_far, first_number)
        first_number += table.orders
        files.put(f"order_lines/part-{number:04d}", table.frame)
        _write_people(files, drawn.random(number, _ROWS), block, buyers)
    return staples, lost


def _staple_cells(noted: DemandTally) -> Flags:
    is_staple = np.zeros(noted.cells.shape, dtype=bool)
    is_staple[:, :, STAPLES] = True
    return is_staple.reshape(-1)


def _note_staples(staples: Ints, world: World, placed: Orders, sold: Lines) -> None:
    chosen = sold.take(takes_stock(sold) & np.isin(sold.sku, STAPLES))
    where = (chosen.day, placed.location[chosen.parent], world.goods.category[chosen.sku])
    np.add.at(staples, where, chosen.units.astype(np.int32))


def _with_staples(flow: StockHistory, drawn: SamplePlan, world: World, sold: Ints, kept: Flags) -> StockHistory:
    """Stock of the staples, known only once everything is sold, joined with the rest."""
    few = simulate(drawn.random(-1, 2), replace(world, goods=world.goods.only(STAPLES)), sold, kept, never_out=True)
    on_hand = flow.on_hand.copy()
    on_hand[:, :, STAPLES] = few.on_hand
    own = replace(few.deliveries, sku=STAPLES[few.deliveries.sku])
    both = [
        np.concatenate([getattr(flow.deliveries, name), getattr(own, name)]) for name in Deliveries.__dataclass_fields__
    ]
    return StockHistory(flow.filled, on_hand, Deliveries(*both), flow.most + few.most)


def _write_people(files: Files, rng: np.random.Generator, block: Block, buyers: identities.Named) -> None:
    held = identities.accounts(block.placed, buyers)
    files.append("customers", rows.customers(rng, block.persons))
    files.append("identities", identities.identities(block.persons, held))
    files.append("contacts", rows.contacts(block.persons, block.mailings))
    files.append("truth/persons", truth.persons(block.persons))
    files.append("truth/accounts", truth.accounts(block.persons, held))
    files.append("truth/campaign_purchases", truth.campaign_purchases(block.persons, block.visits))


def _write_supply(
    files: Files, world: World, drawn: SamplePlan, noted: DemandTally, flow: StockHistory, kept: Flags
) -> None:
    files.put("products", supply_rows.products(world.goods))
    files.put("regions", supply_rows.regions())
    files.put("locations", supply_rows.locations(world.where, flow.most))
    files.put("lanes", supply_rows.lanes(world.where))
    files.put("stock_snapshots", supply_rows.stock_snapshots(world, kept, flow.on_hand))
    files.put("inbound", supply_rows.inbound(world, flow.deliveries))
    files.put("events", supply_rows.events())
    files.put("marketing_spend", supply_rows.marketing_spend(drawn.random(-1, 3), noted.newcomers, noted.treated))


def _write_truth(files: Files, world: World, noted: DemandTally, lost: list[LostLines]) -> None:
    files.put("truth/lost_units", truth.lost_units(world, lost))
    files.put("truth/demand", truth.demand(world, noted))
    files.put("truth/event_uplift", truth.event_uplift(world, noted))
    files.put("truth/base_demand", truth.base_demand(world))
    files.put("truth/day_factors", truth.day_factors())
